import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Job, WorkQueue } from './work-queue.js';

/** Collects jobs as they come and lets a test wait for the n-th without a clock. */
class Seen {
  readonly ids: string[] = [];
  #waiters: { count: number; resolve: () => void }[] = [];

  push(id: string): void {
    this.ids.push(id);
    this.#waiters = this.#waiters.filter((waiter) => {
      if (this.ids.length < waiter.count) return true;
      waiter.resolve();
      return false;
    });
  }

  async until(count: number): Promise<void> {
    if (this.ids.length >= count) return;
    await new Promise<void>((resolve) => this.#waiters.push({ count, resolve }));
  }
}

const job = (id: string, runAt?: number): Job => ({ id, payload: { id }, ...(runAt !== undefined && { runAt }) });

/** `make` gives an empty queue on the system's clock. */
export function describeWorkQueueContract(name: string, make: () => Promise<WorkQueue> | WorkQueue): void {
  describe(`WorkQueue contract: ${name}`, () => {
    let queue: WorkQueue;
    beforeEach(async () => {
      queue = await make();
    });
    afterEach(() => queue.close());

    it('hands each job with its payload to a handler', async () => {
      const seen = new Seen();
      await queue.process('q', async (one) => seen.push(String(one.payload.id)));
      await queue.add('q', job('a'));
      await queue.add('q', job('b'));
      await seen.until(2);
      expect(seen.ids).toEqual(['a', 'b']);
    });

    it('keeps a job once, however often it is added while it waits, at the earliest of its times', async () => {
      const seen = new Seen();
      await queue.add('q', job('a', Date.now() + 3_600_000));
      await queue.add('q', job('a', Date.now() + 1));
      await queue.add('q', job('a', Date.now() + 3_600_000));
      expect(await queue.waiting('q')).toBe(1);
      await queue.process('q', async (one) => seen.push(one.id));
      await seen.until(1);
      await queue.add('q', job('last'));
      await seen.until(2);
      expect(seen.ids).toEqual(['a', 'last']);
    });

    it('runs a job once more when it was added while it was under way', async () => {
      const seen = new Seen();
      const started = Promise.withResolvers<void>();
      const mayEnd = Promise.withResolvers<void>();
      await queue.process('q', async (one) => {
        seen.push(one.id);
        if (seen.ids.length > 1) return;
        started.resolve();
        await mayEnd.promise;
      });
      await queue.add('q', job('a'));
      await started.promise;
      await queue.add('q', job('a'));
      expect(seen.ids).toEqual(['a']);
      mayEnd.resolve();
      await seen.until(2);
      expect(seen.ids).toEqual(['a', 'a']);
    });

    it('holds a delayed job back until its time', async () => {
      const seen = new Seen();
      const due = Date.now() + 60;
      let ranAt = 0;
      await queue.process('q', async (one) => {
        ranAt = Date.now();
        seen.push(one.id);
      });
      await queue.add('q', job('later', due));
      await seen.until(1);
      expect(ranAt).toBeGreaterThanOrEqual(due);
    });

    it('tries a failed job again, and drops it after the last try', async () => {
      const seen = new Seen();
      await queue.process(
        'q',
        async (one) => {
          seen.push(one.id);
          if (one.id === 'bad') throw new Error('no');
        },
        { attempts: 3, backoffMs: 1 },
      );
      await queue.add('q', job('bad'));
      await seen.until(3);
      await queue.add('q', job('good'));
      await seen.until(4);
      expect(seen.ids).toEqual(['bad', 'bad', 'bad', 'good']);
    });

    it('takes a waiting job away', async () => {
      const seen = new Seen();
      await queue.add('q', job('a'));
      await queue.add('q', job('b'));
      await queue.remove('q', 'a');
      await queue.process('q', async (one) => seen.push(one.id));
      await seen.until(1);
      expect(seen.ids).toEqual(['b']);
    });

    it('never runs more at once than the worker takes, and queues do not mix', async () => {
      const seen = new Seen();
      const full = Promise.withResolvers<void>();
      const mayEnd = Promise.withResolvers<void>();
      let running = 0;
      let most = 0;
      await queue.process(
        'q',
        async (one) => {
          most = Math.max(most, ++running);
          if (running === 2) full.resolve();
          await mayEnd.promise;
          running--;
          seen.push(one.id);
        },
        { concurrency: 2 },
      );
      await queue.add('other', job('x'));
      for (let i = 0; i < 6; i++) await queue.add('q', job(`${i}`));
      await full.promise;
      expect(await queue.waiting('q')).toBe(4);
      mayEnd.resolve();
      await seen.until(6);
      expect(most).toBe(2);
      expect(seen.ids).not.toContain('x');
    });

    it('stops after the jobs under way and leaves the rest waiting', async () => {
      const started = Promise.withResolvers<void>();
      const mayEnd = Promise.withResolvers<void>();
      const done: string[] = [];
      const worker = await queue.process('q', async (one) => {
        started.resolve();
        await mayEnd.promise;
        done.push(one.id);
      });
      await queue.add('q', job('a'));
      await queue.add('q', job('b'));
      await started.promise;
      const stopped = worker.stop();
      mayEnd.resolve();
      await stopped;
      expect(done).toEqual(['a']);
      expect(await queue.waiting('q')).toBe(1);
    });
  });
}

import { describe, expect, it } from '@jest/globals';
import type { Chunk } from './lane-pages.js';
import { LanePump, type LanePumpParts } from './lane-pump.js';
import type { LeasedMessage } from './outbox-store.js';

const chunkOf = (id: string, beginBefore = 100): Chunk => ({
  lease: 'l',
  beginBefore,
  reconcile: false,
  messages: [{ id } as LeasedMessage],
});
const idOf = (chunk: Chunk): string => chunk.messages[0]?.id ?? '';

/** A pump on a list of messages, whose calls end when the test says so. */
class Bench {
  readonly pages: Chunk[][];
  readonly begun: string[] = [];
  readonly givenBack: string[] = [];
  readonly calls = new Map<string, { answer: () => void; store: () => void; fail: (error: Error) => void }>();
  leases = 0;
  mayGoOn = true;
  readonly pump: LanePump;
  #watchers: (() => void)[] = [];

  constructor(pages: Chunk[][], parts: Partial<LanePumpParts> = {}) {
    this.pages = pages;
    this.pump = new LanePump({
      calls: 2,
      behind: 0,
      ahead: () => 1,
      next: async () => {
        this.leases++;
        const chunks = this.pages.shift() ?? [];
        this.#notify();
        return { chunks, last: this.pages.length === 0 };
      },
      call: (chunk, answered) => {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        this.begun.push(idOf(chunk));
        this.calls.set(idOf(chunk), { answer: answered, store: resolve, fail: reject });
        this.#notify();
        return promise;
      },
      giveBack: async (chunks) => {
        this.givenBack.push(...chunks.map(idOf));
      },
      mayGoOn: () => this.mayGoOn,
      now: () => 50,
      ...parts,
    });
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  store(...ids: string[]): void {
    for (const id of ids) this.calls.get(id)?.store();
  }

  #notify(): void {
    for (const watcher of this.#watchers.splice(0)) watcher();
  }
}

describe('LanePump', () => {
  it('fills its places, leases the next page while the calls are under way, and ends when nothing more is due', async () => {
    const bench = new Bench([[chunkOf('a'), chunkOf('b'), chunkOf('c')], [chunkOf('d')]]);
    const running = bench.pump.run();
    await bench.until(() => bench.begun.length === 2 && bench.leases === 2);
    expect(bench.begun).toEqual(['a', 'b']);
    bench.store('a');
    await bench.until(() => bench.begun.length === 3);
    bench.store('b', 'c');
    await bench.until(() => bench.begun.length === 4);
    bench.store('d');
    await running;
    expect(bench.begun).toEqual(['a', 'b', 'c', 'd']);
    expect(bench.givenBack).toEqual([]);
  });

  it('keeps a place until its results are stored, unless they may be stored behind', async () => {
    for (const behind of [0, 1]) {
      const bench = new Bench([[chunkOf('a'), chunkOf('b')]], { calls: 1, behind });
      const running = bench.pump.run();
      await bench.until(() => bench.begun.length === 1);
      bench.calls.get('a')?.answer();
      if (behind > 0) await bench.until(() => bench.begun.length === 2);
      else {
        await new Promise(setImmediate);
        expect(bench.begun).toEqual(['a']);
        bench.store('a');
        await bench.until(() => bench.begun.length === 2);
      }
      bench.store('a', 'b');
      await running;
    }
  });

  it('bounds what is answered and not stored yet', async () => {
    const bench = new Bench([['a', 'b', 'c', 'd'].map((id) => chunkOf(id))], { calls: 1, behind: 1 });
    const running = bench.pump.run();
    await bench.until(() => bench.begun.length === 1);
    bench.calls.get('a')?.answer();
    await bench.until(() => bench.begun.length === 2);
    bench.calls.get('b')?.answer();
    await new Promise(setImmediate);
    expect(bench.begun).toEqual(['a', 'b']);
    bench.store('a');
    await bench.until(() => bench.begun.length === 3);
    bench.store('b', 'c');
    await bench.until(() => bench.begun.length === 4);
    bench.store('d');
    await running;
  });

  it('begins nothing whose lease could end before the call does', async () => {
    const bench = new Bench([[chunkOf('late', 50), chunkOf('a')]]);
    const running = bench.pump.run();
    await bench.until(() => bench.begun.length === 1);
    bench.store('a');
    await running;
    expect(bench.begun).toEqual(['a']);
  });

  it('gives back what it leased and did not begin when it may not go on', async () => {
    const bench = new Bench([[chunkOf('a'), chunkOf('b'), chunkOf('c'), chunkOf('d')]]);
    const running = bench.pump.run();
    await bench.until(() => bench.begun.length === 2);
    bench.mayGoOn = false;
    bench.store('a', 'b');
    await running;
    expect(bench.begun).toEqual(['a', 'b']);
    expect(bench.givenBack).toEqual(['c', 'd']);
  });

  it('looks again after a wake-up, also one that comes while it is looking', async () => {
    const look = Promise.withResolvers<void>();
    let looks = 0;
    const bench: Bench = new Bench([], {
      next: async () => {
        if (++looks === 1) await look.promise;
        return { chunks: looks === 2 ? [chunkOf('a')] : [], last: true };
      },
    });
    const running = bench.pump.run();
    bench.pump.wake();
    look.resolve();
    await bench.until(() => bench.begun.length === 1);
    bench.store('a');
    await running;
    expect(looks).toBeGreaterThan(1);
  });

  it('waits for the calls under way before it fails', async () => {
    const bench = new Bench([[chunkOf('a'), chunkOf('b'), chunkOf('c')]]);
    const running = bench.pump.run();
    const failed = expect(running).rejects.toThrow('no disk');
    await bench.until(() => bench.begun.length === 2);
    bench.calls.get('a')?.fail(new Error('no disk'));
    bench.store('b');
    await failed;
    expect(bench.givenBack).toEqual(['c']);
  });
});

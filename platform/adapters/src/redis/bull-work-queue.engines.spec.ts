import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describeWorkQueueContract } from '@cdp/core/work/contract';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { engineAddress } from '../testing/index.js';
import { BullWorkQueue } from './bull-work-queue.js';
import { type RedisHome, redisHome } from './testing/index.js';

const STUCK_WORKER = fileURLToPath(new URL('./testing/stuck-worker.js', import.meta.url));

let home: RedisHome;
beforeEach(() => {
  home = redisHome();
});
afterEach(() => home.remove());

describeWorkQueueContract('BullMQ', async () => new BullWorkQueue(await home.open()));

describe('jobs of several processes on BullMQ', () => {
  let queues: BullWorkQueue[];
  const open = async (options = {}) => {
    const queue = new BullWorkQueue(await home.open(), options);
    queues.push(queue);
    return queue;
  };
  const keys = async () => (await home.open()).run((redis) => redis.keys(`${home.prefix}*`));

  beforeEach(() => {
    queues = [];
  });
  afterEach(async () => {
    for (const queue of queues) await queue.close();
  });

  it('gives the job of a worker that was killed to another', async () => {
    const queue = await open({ stalledAfterMs: 1_000 });
    await queue.add('q', { id: 'a', payload: {} });
    const child = spawn(process.execPath, [STUCK_WORKER, engineAddress('CDP_REDIS_URL'), home.prefix, 'q'], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const [started] = await once(child.stdout, 'data');
    expect(String(started).trim()).toBe('a');
    // Said to the one that dies: it must not be lost with it.
    await queue.add('q', { id: 'a', payload: { again: true } });
    child.kill('SIGKILL');
    const seen: string[] = [];
    const twice = Promise.withResolvers<void>();
    await queue.process('q', async ({ payload }) => {
      if (seen.push(JSON.stringify(payload)) === 2) twice.resolve();
    });
    await twice.promise;
    expect(seen).toEqual(['{}', '{"again":true}']);
  });

  it('hands each job to one of them', async () => {
    const [one, other] = [await open(), await open()];
    const seen: string[] = [];
    const all = Promise.withResolvers<void>();
    for (const queue of [one, other])
      await queue.process(
        'q',
        async ({ id }) => {
          if (seen.push(id) === 100) all.resolve();
        },
        { concurrency: 5 },
      );
    const ids = Array.from({ length: 100 }, (_, number) => `job-${number}`);
    await Promise.all(ids.map((id, number) => (number % 2 ? one : other).add('q', { id, payload: {} })));
    await all.promise;
    expect(seen.sort()).toEqual(ids.sort());
  });

  it('loses no word that is said to a job in motion', async () => {
    const [one, other] = [await open(), await open()];
    let truth = 0;
    let seen = 0;
    const done = Promise.withResolvers<void>();
    await other.process('q', async () => {
      const found = truth;
      await new Promise(setImmediate);
      seen = found;
      if (seen === 300) done.resolve();
    });
    for (let write = 0; write < 300; write++) {
      truth++;
      await one.add('q', { id: 'lane', payload: {} });
    }
    await done.promise;
    expect(seen).toBe(300);
  });

  it('takes any name for a queue and a job', async () => {
    const queue = await open();
    const ids = ['run:a/b', '17', 'a%3Ab', 'a:b', ':::', 'é ☃', '0:1'];
    const seen: string[] = [];
    const all = Promise.withResolvers<void>();
    for (const id of ids) await queue.add('de:li%very', { id, payload: {} });
    expect(await queue.waiting('de:li%very')).toBe(ids.length);
    await queue.process('de:li%very', async ({ id }) => {
      if (seen.push(id) === ids.length) all.resolve();
    });
    await all.promise;
    expect(seen).toEqual(ids);
  });

  it('leaves nothing of jobs that are done, dropped or removed', async () => {
    const queue = await open();
    let ended = 0;
    let all = Promise.withResolvers<void>();
    await queue.process(
      'q',
      async ({ id }) => {
        if (++ended % 50 === 0) all.resolve();
        if (id.startsWith('bad')) throw new Error('no');
      },
      { attempts: 1, concurrency: 10 },
    );
    const round = async () => {
      all = Promise.withResolvers<void>();
      for (let job = 0; job < 50; job++)
        await queue.add('q', { id: `${job % 2 ? 'bad' : 'good'}-${ended}-${job}`, payload: {} });
      await all.promise;
      await queue.add('q', { id: 'removed', payload: {}, runAt: Date.now() + 60_000 });
      await queue.remove('q', 'removed');
      while ((await keys()).some((key) => key.includes('=bad') || key.includes('=good')))
        await new Promise(setImmediate);
      return (await keys()).length;
    };
    expect(await round()).toBe(await round());
  });
});

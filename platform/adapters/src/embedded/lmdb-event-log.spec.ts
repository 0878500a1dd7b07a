import { ManualClock, SilentLogger } from '@cdp/core/kernel';
import { describeEventLogContract } from '@cdp/core/log/contract';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LmdbEventLog } from './lmdb-event-log.js';
import { type TemporaryFolder, temporaryFolder } from './testing/index.js';

const DAY = 86_400_000;

describeEventLogContract('LMDB', async () => {
  const folder = temporaryFolder();
  return {
    open: async (opening) =>
      new LmdbEventLog({
        path: folder.path,
        clock: new ManualClock(1_760_000_000_000),
        logger: new SilentLogger(),
        firstRetryMs: 1,
        ...opening,
      }),
    remove: folder.remove,
  };
});

describe('LmdbEventLog', () => {
  let folder: TemporaryFolder;
  let clock: ManualClock;
  let log: LmdbEventLog;
  const open = (partitions = 2) =>
    new LmdbEventLog({ path: folder.path, clock, logger: new SilentLogger(), partitions, firstRetryMs: 1 });

  beforeEach(() => {
    folder = temporaryFolder();
    clock = new ManualClock(1_760_000_000_000);
    log = open();
  });
  afterEach(async () => {
    await log.close();
    await folder.remove();
  });
  const append = (count: number) =>
    log.append(
      Array.from({ length: count }, (_, number) => ({ topic: 't', key: `k${number}`, value: Buffer.from('v') })),
    );

  it('keeps the partitions that a topic was made with', async () => {
    await append(1);
    await log.close();
    log = open(8);
    expect(log.partitionCount('t')).toBe(2);
    expect(log.partitionCount('new')).toBe(8);
  });

  it('spreads keys that differ in few bits', () => {
    const counts = [0, 0];
    for (let number = 0; number < 1_000; number++) (counts[log.partitionOf('t', `${number * 4}`)] as number)++;
    for (const count of counts) expect(count).toBeGreaterThan(400);
  });

  it('trims what is old and passed by every group, and never gives an offset again', async () => {
    const consumer = await log.consume({ group: 'slow', topic: 't', handler: async () => {} });
    await consumer.pause();
    await append(3_000);
    const end = await log.endOffset('t', 0);
    clock.advance(2 * DAY);
    await append(10);
    expect(await log.trim(DAY)).toBe(0);
    consumer.resume();
    await consumer.drained();
    expect(await log.trim(DAY)).toBe(3_000);
    expect((await log.read('t', 0, 0, 1))[0]?.offset).toBe(end);
    clock.advance(2 * DAY);
    await log.trim(DAY);
    await log.close();
    log = open();
    expect(await log.endOffset('t', 0)).toBeGreaterThan(end);
  });

  it('hands on at once what comes alone, and together what comes soon after, or when there is enough of it', async () => {
    await log.close();
    log = new LmdbEventLog({
      path: folder.path,
      clock,
      logger: new SilentLogger(),
      partitions: 1,
      batchEveryMs: 3_600_000,
    });
    const batches: number[] = [];
    const consumer = await log.consume({
      group: 'g',
      topic: 't',
      maxRecords: 4,
      handler: async ({ records }) => {
        batches.push(records.length);
      },
    });
    await append(1);
    await consumer.drained();
    for (let count = 0; count < 4; count++) await append(1);
    await consumer.drained();
    expect(batches).toEqual([1, 4]);
  });

  it('refuses names that would run into each other in its keys', async () => {
    await expect(log.append([{ topic: 'a/b', key: 'k', value: Buffer.alloc(0) }])).rejects.toMatchObject({
      code: 'invalid',
    });
    await expect(log.consume({ group: 'a/b', topic: 't', handler: async () => {} })).rejects.toMatchObject({
      code: 'invalid',
    });
  });

  it('says that one append is too large, which no waiting would help', async () => {
    await log.close();
    log = new LmdbEventLog({ path: folder.path, clock, logger: new SilentLogger(), maxPendingBytes: 1_000 });
    await expect(
      log.append(Array.from({ length: 3 }, () => ({ topic: 't', key: 'k', value: Buffer.alloc(500) }))),
    ).rejects.toMatchObject({ code: 'too_large' });
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CdpError } from '../kernel/index.js';
import type { EventLog, StoredRecord } from './event-log.js';
import { type EventLogHome, readAll, text, valuesByKey } from './event-log-home.contract.js';

export function describeAppends(makeHome: () => Promise<EventLogHome>): void {
  describe('appends', () => {
    let home: EventLogHome;
    let log: EventLog;

    beforeEach(async () => {
      home = await makeHome();
      log = await home.open();
    });
    afterEach(async () => {
      await log.close();
      await home.remove();
    });

    it('reads back what was appended, byte for byte', async () => {
      const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      await log.append([
        { topic: 'bytes', key: 'a', value: everyByte },
        { topic: 'bytes', key: 'a', value: Buffer.alloc(0) },
        { topic: 'bytes', key: 'a', value: Buffer.alloc(300_000, 7) },
      ]);
      await log.append([{ topic: 'bytes', key: 'Zoë \u{1F600}', value: Buffer.from('u') }]);
      const records = await readAll(log, 'bytes');
      expect(records.filter(({ key }) => key === 'a').map(({ value }) => value.length)).toEqual([256, 0, 300_000]);
      expect(records.find(({ key }) => key === 'a')?.value.equals(everyByte)).toBe(true);
      expect(records.find(({ key }) => key === 'Zoë \u{1F600}')?.value.toString()).toBe('u');
    });

    it('puts a key in its one partition, and spreads keys over all', async () => {
      await log.append(Array.from({ length: 400 }, (_, number) => text('spread', `user-${number}`, 'x')));
      const records = await readAll(log, 'spread');
      for (const { key, partition } of records) expect(partition).toBe(log.partitionOf('spread', key));
      expect(new Set(records.map(({ partition }) => partition)).size).toBe(log.partitionCount('spread'));
    });

    it('keeps the order of a key over concurrent appends of one and of many', async () => {
      const appends: Promise<void>[] = [];
      for (let number = 0; number < 200; number++) {
        appends.push(log.append([text('order', 'a', `${number}`)]));
        appends.push(log.append(['b', 'c', 'd'].map((key) => text('order', key, `${number}`))));
      }
      await Promise.all(appends);
      const numbers = Array.from({ length: 200 }, (_, number) => `${number}`);
      expect(valuesByKey(await readAll(log, 'order'))).toEqual({ a: numbers, b: numbers, c: numbers, d: numbers });
    });

    it('reads from any offset on, no more than asked for', async () => {
      await log.append(Array.from({ length: 1_500 }, (_, number) => text('offsets', 'k', `${number}`)));
      const partition = log.partitionOf('offsets', 'k');
      const all: StoredRecord[] = (await readAll(log, 'offsets')).filter((record) => record.partition === partition);
      for (let index = 1; index < all.length; index++)
        expect(all[index]?.offset).toBeGreaterThan(all[index - 1]?.offset as number);
      const from = all[777]?.offset as number;
      expect((await log.read('offsets', partition, from, 3)).map(({ value }) => value.toString())).toEqual([
        '777',
        '778',
        '779',
      ]);
      const end = await log.endOffset('offsets', partition);
      expect(end).toBeGreaterThan(all[1_499]?.offset as number);
      expect(await log.read('offsets', partition, end, 10)).toEqual([]);
    });

    it('has nothing in a topic that nobody wrote to', async () => {
      expect(await readAll(log, 'silent')).toEqual([]);
      expect(await log.lag('nobody', 'silent')).toBe(0);
    });

    it('keeps records and goes on with the offsets after it was closed and opened', async () => {
      await log.append([text('again', 'k', 'one'), text('again', 'k', 'two')]);
      const before = await readAll(log, 'again');
      await log.close();
      log = await home.open();
      expect(await readAll(log, 'again')).toEqual(before);
      await log.append([text('again', 'k', 'three')]);
      const after = await readAll(log, 'again');
      expect(after.map(({ value }) => value.toString())).toEqual(['one', 'two', 'three']);
      expect(after[2]?.offset).toBeGreaterThan(after[1]?.offset as number);
    });

    it('refuses at once, with a time to come back, when more waits than it may hold', async () => {
      await log.close();
      log = await home.open({ maxPendingBytes: 10_000 });
      const results = await Promise.allSettled(
        Array.from({ length: 50 }, (_, number) => log.append([text('full', 'k', `${number}`.padEnd(1_000))])),
      );
      const refused = results.filter((result) => result.status === 'rejected');
      expect(refused.length).toBeGreaterThan(0);
      for (const { reason } of refused) {
        expect(reason).toBeInstanceOf(CdpError);
        expect(reason).toMatchObject({ code: 'unavailable', retryAfter: expect.any(Number) });
      }
      await log.append([text('full', 'k', 'later')]);
      expect((await readAll(log, 'full')).length).toBe(results.length - refused.length + 1);
    });

    it('refuses a record that it cannot take without harm to those beside it', async () => {
      const results = await Promise.allSettled([
        log.append([text('odd', 'a', 'good')]),
        log.append([text('odd', 'k'.repeat(100_000), 'key too long')]),
        log.append([text('odd', 'a', 'good too')]),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(results[1]).toMatchObject({ reason: { code: 'invalid' } });
      expect(valuesByKey(await readAll(log, 'odd'))).toEqual({ a: ['good', 'good too'] });
    });

    it('takes nothing any more when it is closed', async () => {
      await log.close();
      await expect(log.append([text('closed', 'k', 'v')])).rejects.toMatchObject({ code: 'unavailable' });
    });
  });
}

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CdpError } from '../kernel/index.js';
import { Collector, Gate } from './collector.contract.js';
import type { Batch, EventLog } from './event-log.js';
import { type EventLogHome, readAll, text, valuesByKey } from './event-log-home.contract.js';
import { deadLetterOf } from './topics.js';

const away = () => new CdpError('unavailable', 'Something is away.', { retryAfter: 1 });
const numbered = (topic: string, keys: number, each: number) =>
  Array.from({ length: keys * each }, (_, number) =>
    text(topic, `key-${number % keys}`, `${Math.floor(number / keys)}`),
  );
const copyTo = (topic: string) => (batch: Batch) => batch.records.map(({ key, value }) => ({ topic, key, value }));

export function describeGroups(makeHome: () => Promise<EventLogHome>): void {
  describe('groups', () => {
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
    const reopen = async () => {
      await log.close();
      log = await home.open();
    };

    it('brings every record to each group once, in the order of each partition', async () => {
      await log.append(numbered('in', 7, 50));
      for (const group of ['first', 'second']) {
        const seen = new Collector();
        const consumer = await log.consume({ group, topic: 'in', maxRecords: 20, handler: seen.handler });
        await consumer.drained();
        const expected = Array.from({ length: 50 }, (_, number) => `${number}`);
        const values = valuesByKey(seen.batches.flatMap(({ records }) => records));
        expect(Object.keys(values).length).toBe(7);
        for (const list of Object.values(values)) expect(list).toEqual(expected);
        for (const { records, partition, topic } of seen.batches) {
          expect(records.length).toBeGreaterThan(0);
          expect(records.length).toBeLessThanOrEqual(20);
          expect(topic).toBe('in');
          for (const record of records) expect(record.partition).toBe(partition);
        }
        expect(await log.lag(group, 'in')).toBe(0);
        await consumer.stop();
      }
    });

    it('goes on where it committed after the log was closed and opened', async () => {
      await log.append([text('in', 'k', 'one')]);
      const before = new Collector();
      const consumer = await log.consume({ group: 'g', topic: 'in', handler: before.handler });
      await consumer.drained();
      await reopen();
      await log.append([text('in', 'k', 'two')]);
      const after = new Collector();
      await (await log.consume({ group: 'g', topic: 'in', handler: after.handler })).drained();
      expect(before.values).toEqual(['one']);
      expect(after.values).toEqual(['two']);
    });

    it('starts at the end when asked to, and misses nothing from then on', async () => {
      await log.append([text('in', 'k', 'old')]);
      const seen = new Collector();
      const first = await log.consume({ group: 'late', topic: 'in', from: 'latest', handler: seen.handler });
      await first.stop();
      await log.append([text('in', 'k', 'while stopped')]);
      const second = await log.consume({ group: 'late', topic: 'in', from: 'latest', handler: seen.handler });
      await log.append([text('in', 'k', 'new')]);
      await second.drained();
      expect(seen.values).toEqual(['while stopped', 'new']);
    });

    it('appends what follows from a batch with the position, in the order of each key', async () => {
      await log.append(numbered('in', 5, 100));
      const consumer = await log.consume({
        group: 'copy',
        topic: 'in',
        maxRecords: 30,
        handler: new Collector(copyTo('out')).handler,
      });
      await consumer.drained();
      expect(valuesByKey(await readAll(log, 'out'))).toEqual(valuesByKey(await readAll(log, 'in')));
    });

    it('lets a consumer of the outputs work at the same time', async () => {
      const last = new Collector();
      await log.consume({ group: 'one', topic: 'in', handler: new Collector(copyTo('middle')).handler });
      await log.consume({ group: 'two', topic: 'middle', handler: new Collector(copyTo('out')).handler });
      const end = await log.consume({ group: 'three', topic: 'out', handler: last.handler });
      await log.append(numbered('in', 3, 20));
      while (last.values.length < 60) {
        await last.called(last.batches.length + 1);
        await end.drained();
      }
      expect(valuesByKey(await readAll(log, 'out'))).toEqual(valuesByKey(await readAll(log, 'in')));
    });

    it('brings a batch again while something is away, and appends its outputs once', async () => {
      await log.append([text('in', 'k', 'one'), text('in', 'k', 'two')]);
      const seen: Collector = new Collector((batch) => {
        if (seen.batches.length <= 2) throw away();
        return copyTo('out')(batch);
      });
      const consumer = await log.consume({ group: 'g', topic: 'in', handler: seen.handler });
      await consumer.drained();
      expect(seen.batches.length).toBe(3);
      expect(seen.batches[2]?.records).toEqual(seen.batches[0]?.records);
      expect(valuesByKey(await readAll(log, 'out'))).toEqual({ k: ['one', 'two'] });
    });

    it('tells from where a group goes on, and where it would begin', async () => {
      const partitions = Array.from({ length: log.partitionCount('in') }, (_, partition) => partition);
      await log.append(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => text('in', key, key)));
      const begins = await log.positions('nobody', 'in');
      expect(begins).toHaveLength(partitions.length);
      for (const partition of partitions) {
        const [first] = await log.read('in', partition, 0, 1);
        if (first) expect(begins[partition]).toBeLessThanOrEqual(first.offset);
      }
      const consumer = await log.consume({ group: 'g', topic: 'in', handler: async () => undefined });
      await consumer.drained();
      const positions = await log.positions('g', 'in');
      for (const partition of partitions) {
        const last = (await log.read('in', partition, 0, 100)).at(-1);
        if (last) expect(positions[partition]).toBeGreaterThan(last.offset);
        expect(await log.read('in', partition, positions[partition] as number, 1)).toEqual([]);
      }
    });

    it('puts a record that fails alone aside with its reason, and the others go on in order', async () => {
      const poison = Buffer.from([0xff, 0x00, 0xfe]);
      await log.append([text('in', 'k', 'before'), { topic: 'in', key: 'k', value: poison }, text('in', 'k', 'after')]);
      const seen = new Collector((batch) => {
        if (batch.records.some(({ value }) => value.equals(poison))) throw new Error('cannot make sense of it');
        return copyTo('out')(batch);
      });
      const consumer = await log.consume({ group: 'g', topic: 'in', handler: seen.handler });
      await consumer.drained();
      expect(valuesByKey(await readAll(log, 'out'))).toEqual({ k: ['before', 'after'] });
      const letters = await readAll(log, deadLetterOf('in'));
      const [source] = (await readAll(log, 'in')).filter(({ value }) => value.equals(poison));
      expect(letters.map(({ value }) => JSON.parse(value.toString()))).toEqual([
        {
          topic: 'in',
          partition: source?.partition,
          offset: source?.offset,
          key: 'k',
          reason: 'cannot make sense of it',
          failedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
          value: poison.toString('base64'),
        },
      ]);
      expect(await log.lag('g', 'in')).toBe(0);
    });

    it('takes an output that it cannot store for a failure of the record it follows from', async () => {
      await log.append([text('in', 'k', 'bad'), text('in', 'k', 'good')]);
      const consumer = await log.consume({
        group: 'g',
        topic: 'in',
        handler: async (batch) =>
          batch.records.map(({ value }) =>
            text('out', value.toString() === 'bad' ? 'x'.repeat(100_000) : 'k', value.toString()),
          ),
      });
      await consumer.drained();
      expect(valuesByKey(await readAll(log, 'out'))).toEqual({ k: ['good'] });
      expect((await readAll(log, deadLetterOf('in'))).length).toBe(1);
    });

    it('starts no batch while it is paused', async () => {
      const seen = new Collector();
      const consumer = await log.consume({ group: 'paused', topic: 'in', handler: seen.handler });
      await consumer.pause();
      await log.append(numbered('in', 4, 5));
      const other = await log.consume({ group: 'other', topic: 'in', handler: new Collector().handler });
      await other.drained();
      expect(seen.batches).toEqual([]);
      expect(await log.lag('paused', 'in')).toBe(20);
      consumer.resume();
      await consumer.drained();
      expect(seen.values.length).toBe(20);
    });

    it('pauses once the batch under way is committed', async () => {
      const gate = new Gate();
      const seen = new Collector(async (batch) => {
        await gate.opened;
        return copyTo('out')(batch);
      });
      const consumer = await log.consume({ group: 'g', topic: 'in', handler: seen.handler });
      await log.append([text('in', 'k', 'one')]);
      await seen.called(1);
      const paused = consumer.pause();
      gate.open();
      await paused;
      expect(valuesByKey(await readAll(log, 'out'))).toEqual({ k: ['one'] });
    });

    it('stops after the batch under way, with its outputs and position', async () => {
      const gate = new Gate();
      const seen = new Collector(async (batch) => {
        await gate.opened;
        return copyTo('out')(batch);
      });
      const consumer = await log.consume({ group: 'g', topic: 'in', maxRecords: 1, handler: seen.handler });
      await log.append([text('in', 'k', 'one'), text('in', 'k', 'two')]);
      await seen.called(1);
      const stopped = consumer.stop();
      gate.open();
      await stopped;
      expect(seen.values).toEqual(['one']);
      expect(valuesByKey(await readAll(log, 'out'))).toEqual({ k: ['one'] });
      expect(await log.lag('g', 'in')).toBe(1);
    });

    it('stops while its work cannot be done, and the batch comes again to the next', async () => {
      await log.append([text('in', 'k', 'one')]);
      const failing = new Collector(() => {
        throw away();
      });
      const consumer = await log.consume({ group: 'g', topic: 'in', handler: failing.handler });
      await failing.called(1);
      const waiting = consumer.drained();
      const outcome = expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
      await consumer.stop();
      await outcome;
      const seen = new Collector();
      await (await log.consume({ group: 'g', topic: 'in', handler: seen.handler })).drained();
      expect(seen.values).toEqual(['one']);
    });

    it('shares the partitions among members as they join and leave, each key in order', async () => {
      const collectors = [new Collector(copyTo('out')), new Collector(copyTo('out')), new Collector(copyTo('out'))];
      const consume = (collector: Collector) =>
        log.consume({ group: 'team', topic: 'in', maxRecords: 10, handler: collector.handler });
      const [one, two, three] = collectors as [Collector, Collector, Collector];
      const first = await consume(one);
      await log.append(numbered('in', 6, 30));
      const second = await consume(two);
      await log.append(numbered('in', 6, 30));
      await first.stop();
      await log.append(numbered('in', 6, 30));
      const third = await consume(three);
      await second.stop();
      await log.append(numbered('in', 6, 30));
      await third.drained();
      expect(valuesByKey(await readAll(log, 'out'))).toEqual(valuesByKey(await readAll(log, 'in')));
      expect(collectors.reduce((sum, { values }) => sum + values.length, 0)).toBe(6 * 30 * 4);
      expect(three.values.length).toBeGreaterThan(0);
    });

    it('can be left by its last member and joined at the same time', async () => {
      await log.append(numbered('in', 6, 30));
      for (let round = 0; round < 5; round++) {
        const leaving = await log.consume({
          group: 'g',
          topic: 'in',
          maxRecords: 5,
          handler: new Collector(copyTo('out')).handler,
        });
        const stopped = leaving.stop();
        const joined = await log.consume({
          group: 'g',
          topic: 'in',
          maxRecords: 5,
          handler: new Collector(copyTo('out')).handler,
        });
        await stopped;
        if (round === 4) await joined.drained();
        await joined.stop();
      }
      expect(valuesByKey(await readAll(log, 'out'))).toEqual(valuesByKey(await readAll(log, 'in')));
    });

    it('reads again from where the effects are, without appending the outputs again', async () => {
      await log.append(numbered('in', 3, 10));
      const first = await log.consume({ group: 'g', topic: 'in', handler: new Collector(copyTo('out')).handler });
      await first.drained();
      await first.stop();
      await log.append(numbered('in', 3, 5));
      const seen = new Collector(copyTo('out'));
      const second = await log.consume({
        group: 'g',
        topic: 'in',
        maxRecords: 4,
        resumeAt: async () => 0,
        handler: seen.handler,
      });
      await second.drained();
      expect(seen.values.length).toBe(45);
      expect(valuesByKey(await readAll(log, 'out'))).toEqual(valuesByKey(await readAll(log, 'in')));
    });

    it('says how far a group is behind', async () => {
      await log.append(numbered('in', 4, 5));
      expect(await log.lag('g', 'in')).toBe(20);
      const consumer = await log.consume({ group: 'g', topic: 'in', handler: new Collector().handler });
      await consumer.drained();
      await consumer.stop();
      await log.append([text('in', 'k', 'more')]);
      expect(await log.lag('g', 'in')).toBe(1);
    });

    it('closes after the batches under way', async () => {
      const gate = new Gate();
      const seen = new Collector(async (batch) => {
        await gate.opened;
        return copyTo('out')(batch);
      });
      await log.consume({ group: 'g', topic: 'in', handler: seen.handler });
      await log.append([text('in', 'k', 'one')]);
      await seen.called(1);
      const closed = log.close();
      gate.open();
      await closed;
      log = await home.open();
      expect(valuesByKey(await readAll(log, 'out'))).toEqual({ k: ['one'] });
      expect(await log.lag('g', 'in')).toBe(0);
    });
  });
}

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DedupeEntry, Deduper } from './deduper.js';

/** A place where the memory of one deduper lives. Its window is the one that it is opened with, in milliseconds. */
export interface DeduperHome {
  open(windowMs: number): Promise<Deduper>;
  remove(): Promise<void>;
}

const START = 1_760_000_000_000;
const HOUR = 3_600_000;
const WINDOW = 24 * HOUR;

const entry = (messageId: string, offset: number, more: Partial<DedupeEntry> = {}): DedupeEntry => ({
  tenantId: 'acme',
  messageId,
  partition: 0,
  offset,
  receivedAt: START + offset,
  ...more,
});
const place = ({ partition, offset, receivedAt }: DedupeEntry) => ({ partition, offset, receivedAt });

export function describeDeduperContract(name: string, makeHome: () => Promise<DeduperHome>): void {
  describe(`Deduper contract: ${name}`, () => {
    let home: DeduperHome;
    let deduper: Deduper;

    beforeEach(async () => {
      home = await makeHome();
      deduper = await home.open(WINDOW);
    });
    afterEach(async () => {
      await deduper.close();
      await home.remove();
    });

    it('answers where each message was first seen, in the order of the entries', async () => {
      const first = [entry('a', 1), entry('b', 2)];
      expect(await deduper.claim(first)).toEqual(first.map(place));
      const again = [entry('b', 11), entry('c', 12), entry('a', 13)];
      expect(await deduper.claim(again)).toEqual([place(entry('b', 2)), place(entry('c', 12)), place(entry('a', 1))]);
      expect(await deduper.claim([])).toEqual([]);
    });

    it('takes the first of two entries of one call', async () => {
      const answers = await deduper.claim([entry('a', 1), entry('a', 2), entry('a', 3)]);
      expect(answers.map(({ offset }) => offset)).toEqual([1, 1, 1]);
    });

    it('knows the first occurrence again when it is delivered again', async () => {
      await deduper.claim([entry('a', 1), entry('b', 2)]);
      expect(await deduper.claim([entry('a', 1), entry('b', 2), entry('a', 3)])).toEqual([
        place(entry('a', 1)),
        place(entry('b', 2)),
        place(entry('a', 1)),
      ]);
    });

    it('lets one of concurrent claims be the first', async () => {
      const claims = Array.from({ length: 20 }, (_, number) =>
        deduper.claim([entry('same', number, { partition: number % 4 }), entry(`own-${number}`, number)]),
      );
      const answers = await Promise.all(claims);
      expect(new Set(answers.map(([same]) => JSON.stringify(same))).size).toBe(1);
      expect(answers.map(([, own]) => own?.offset)).toEqual(Array.from({ length: 20 }, (_, number) => number));
    });

    it('tells tenants apart, whatever the names', async () => {
      const names = [
        ['a', 'b:c'],
        ['a:b', 'c'],
        ['a', ':b:c'],
        ['a\u0000b', 'c'],
        ['a', '\u0000bc'],
        ['ab', 'c'],
        ['', 'abc'],
      ];
      const entries = names.map(([tenantId, messageId], offset) =>
        entry(messageId as string, offset, { tenantId: tenantId as string }),
      );
      expect(await deduper.claim(entries)).toEqual(entries.map(place));
    });

    it('tells any two ids apart', async () => {
      const ids = [
        'x',
        'X',
        'x ',
        '\ud800',
        '\ud801',
        'é',
        'e\u0301',
        'x'.repeat(10_000),
        `${'x'.repeat(10_000)}y`,
        '',
      ];
      const entries = ids.map((id, offset) => entry(id, offset));
      expect(await deduper.claim(entries)).toEqual(entries.map(place));
    });

    it('finds a message while it is remembered, for its tenant', async () => {
      await deduper.claim([entry('a', 7)]);
      expect(await deduper.find('acme', 'a')).toEqual(place(entry('a', 7)));
      expect(await deduper.find('acme', 'b')).toBeUndefined();
      expect(await deduper.find('other', 'a')).toBeUndefined();
    });

    it('remembers after it was closed and opened', async () => {
      await deduper.claim([entry('a', 1)]);
      await deduper.close();
      deduper = await home.open(WINDOW);
      expect(await deduper.claim([entry('a', 2)])).toEqual([place(entry('a', 1))]);
    });

    it('remembers for the whole window while time goes on', async () => {
      await deduper.claim([entry('a', 1)]);
      for (let hour = 1; hour < 24; hour++)
        await deduper.claim([entry(`h-${hour}`, 1, { receivedAt: START + hour * HOUR })]);
      const late = entry('a', 99, { receivedAt: START + WINDOW });
      expect(await deduper.claim([late])).toEqual([place(entry('a', 1))]);
    });

    it('takes a message for the first again after a shorter window of its own', async () => {
      const at = (offset: number, hours: number) =>
        entry('a', offset, { receivedAt: START + hours * HOUR, withinMs: 2 * HOUR });
      const [first, again, fresh, afterIt] = [at(1, 0), at(2, 2), at(3, 13), at(4, 14)];
      for (const [one, answer] of [
        [first, first],
        [again, first],
        [fresh, fresh],
        [afterIt, fresh],
      ] as const)
        expect(await deduper.claim([one])).toEqual([place(answer)]);
      expect(await deduper.find('acme', 'a')).toEqual(place(fresh));
      expect(await deduper.claim([at(5, 20), at(6, 21)])).toEqual([place(at(5, 20)), place(at(5, 20))]);
    });

    it('keeps what a partition that lags behind has still to compare with', async () => {
      const ahead = (hour: number) => entry(`h-${hour}`, hour, { partition: 1, receivedAt: START + hour * HOUR });
      await deduper.claim([entry('a', 1, { partition: 0 })]);
      for (let hour = 0; hour < 72; hour += 6) await deduper.claim([ahead(hour)]);
      expect(await deduper.claim([entry('a', 2, { receivedAt: START + HOUR })])).toEqual([place(entry('a', 1))]);
    });

    it('finds duplicates among messages that are read again from far back', async () => {
      await deduper.claim([entry('now', 9, { receivedAt: START + 30 * WINDOW })]);
      await deduper.claim([entry('old', 1)]);
      await deduper.claim([entry('older', 2, { receivedAt: START + HOUR })]);
      expect(await deduper.claim([entry('old', 3, { receivedAt: START + 2 * HOUR })])).toEqual([
        place(entry('old', 1)),
      ]);
    });

    it('refuses work when it is closed', async () => {
      await deduper.close();
      await expect(deduper.claim([entry('a', 1)])).rejects.toMatchObject({ code: 'unavailable' });
    });
  });
}

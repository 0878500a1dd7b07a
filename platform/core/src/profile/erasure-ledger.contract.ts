import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ERASED_BY_PART, ERASED_ONCE, type ErasureLedger } from './erasure-ledger.js';

export function describeErasureLedgerContract(
  name: string,
  make: () => Promise<{ ledger: ErasureLedger; close: () => Promise<void> }>,
): void {
  describe(`ErasureLedger contract: ${name}`, () => {
    const erasure = { id: 'r1', profileId: 'p1', parts: ['p1', 'p2'], requestedAt: 5 };
    let ledger: ErasureLedger;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ ledger, close } = await make());
      await ledger.open('t', erasure);
    });
    afterEach(() => close());

    it('is done with the last store of the last part, and not before', async () => {
      for (const [part, stores] of [
        ['', ERASED_ONCE],
        ['p1', ERASED_BY_PART],
        ['p2', ERASED_BY_PART],
      ] as const)
        for (const store of stores) {
          expect((await ledger.get('t', 'r1'))?.state).toBe('pending');
          await ledger.done('t', 'r1', store, part, 'rows');
        }
      expect(await ledger.get('t', 'r1')).toMatchObject({ id: 'r1', profileId: 'p1', requestedAt: 5, state: 'done' });
    });

    it('keeps the first word of what is done twice', async () => {
      await ledger.done('t', 'r1', 'events', 'p1', 'first');
      await ledger.done('t', 'r1', 'events', 'p1', 'second');
      const stores = (await ledger.get('t', 'r1'))?.stores;
      expect(stores?.map(({ store, what }) => [store, what])).toEqual([['events', 'first']]);
    });

    it('is unsent until the log is done', async () => {
      expect(await ledger.unsent(10)).toEqual([{ ...erasure, tenantId: 't' }]);
      await ledger.done('t', 'r1', 'log', '', 'told');
      expect(await ledger.unsent(10)).toEqual([]);
    });

    it('is found by its profile, and by its tenant alone', async () => {
      expect((await ledger.ofProfile('t', 'p1'))?.id).toBe('r1');
      expect(await ledger.ofProfile('other', 'p1')).toBeUndefined();
      expect(await ledger.get('other', 'r1')).toBeUndefined();
      expect(await ledger.erasedAmong('t', ['p0', 'p1'])).toEqual(['p1']);
      expect(await ledger.erasedAmong('t', [])).toEqual([]);
      expect(await ledger.erasedAmong('other', ['p1'])).toEqual([]);
    });
  });
}

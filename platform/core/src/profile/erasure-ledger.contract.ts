import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ERASED_STORES, type ErasureLedger } from './erasure-ledger.js';

export function describeErasureLedgerContract(
  name: string,
  make: () => Promise<{ ledger: ErasureLedger; close: () => Promise<void> }>,
): void {
  describe(`ErasureLedger contract: ${name}`, () => {
    let ledger: ErasureLedger;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ ledger, close } = await make());
      await ledger.open('t', { id: 'r1', profileId: 'p1', requestedAt: 5 });
    });
    afterEach(() => close());

    it('is done with the last store, and not before', async () => {
      for (const store of ERASED_STORES) {
        expect((await ledger.get('t', 'r1'))?.state).toBe('pending');
        await ledger.done('t', 'r1', store, 'rows');
      }
      expect(await ledger.get('t', 'r1')).toMatchObject({ id: 'r1', profileId: 'p1', requestedAt: 5, state: 'done' });
    });

    it('keeps the first word of a store that is done twice', async () => {
      await ledger.done('t', 'r1', 'events', 'first');
      await ledger.done('t', 'r1', 'events', 'second');
      expect((await ledger.get('t', 'r1'))?.stores.map(({ store, what }) => [store, what])).toEqual([
        ['events', 'first'],
      ]);
    });

    it('is found by its profile, and by its tenant alone', async () => {
      expect((await ledger.ofProfile('t', 'p1'))?.id).toBe('r1');
      expect(await ledger.ofProfile('other', 'p1')).toBeUndefined();
      expect(await ledger.get('other', 'r1')).toBeUndefined();
    });
  });
}

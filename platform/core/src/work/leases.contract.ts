import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Leases } from './leases.js';

export interface LeasesHome {
  leases: Leases;
  close: () => Promise<void>;
}

export function describeLeasesContract(name: string, make: () => Promise<LeasesHome>): void {
  describe(`Leases contract: ${name}`, () => {
    let home: LeasesHome;
    beforeEach(async () => {
      home = await make();
    });
    afterEach(() => home.close());

    it('has one holder until its time is over, who may keep it longer', async () => {
      const { leases } = home;
      expect(await leases.take('work', 'a', 1_000, 100)).toBe(true);
      expect(await leases.take('work', 'b', 1_050, 100)).toBe(false);
      expect(await leases.take('work', 'a', 1_050, 100)).toBe(true);
      expect(await leases.take('work', 'b', 1_149, 100)).toBe(false);
      expect(await leases.take('work', 'b', 1_150, 100)).toBe(true);
      expect(await leases.take('other', 'a', 1_000, 100)).toBe(true);
    });

    it('is let go of by its holder alone', async () => {
      const { leases } = home;
      await leases.take('work', 'a', 1_000, 100);
      await leases.release('work', 'b');
      expect(await leases.take('work', 'b', 1_000, 100)).toBe(false);
      await leases.release('work', 'a');
      expect(await leases.take('work', 'b', 1_000, 100)).toBe(true);
    });

    it('goes to one of those who ask at once, also when it is over', async () => {
      const { leases } = home;
      for (const now of [1_000, 5_000]) {
        const holders = Array.from({ length: 10 }, (_, at) => `${now}-${at}`);
        const taken = await Promise.all(holders.map((holder) => leases.take('work', holder, now, 100)));
        expect(taken.filter(Boolean)).toHaveLength(1);
      }
    });
  });
}

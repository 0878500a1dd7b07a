import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { WriterRoll } from './writer-roll.js';

export interface WriterRollHome {
  roll: WriterRoll;
  close: () => Promise<void>;
}

export function describeWriterRollContract(name: string, make: () => Promise<WriterRollHome>): void {
  describe(`WriterRoll contract: ${name}`, () => {
    let home: WriterRollHome;
    beforeEach(async () => {
      home = await make();
    });
    afterEach(() => home.close());

    it('counts who is behind, but not who told nothing for long', async () => {
      const { roll } = home;
      expect(await roll.behind(5, 0)).toBe(0);
      await roll.report('a', 4, 1_000);
      await roll.report('b', 5, 1_000);
      await roll.report('c', 0, 10);
      expect(await roll.behind(5, 0)).toBe(2);
      expect(await roll.behind(5, 500)).toBe(1);
      await roll.report('a', 5, 2_000);
      expect(await roll.behind(5, 500)).toBe(0);
    });

    it('forgets who left', async () => {
      const { roll } = home;
      await roll.report('a', 1, 1_000);
      await roll.leave('a');
      expect(await roll.behind(5, 0)).toBe(0);
    });
  });
}

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DefinitionChanges } from './definition-changes.js';
import type { Segment } from './segment.js';
import type { SegmentStore } from './segment-store.js';

export interface DefinitionChangesHome {
  changes: DefinitionChanges;
  /** A store whose changes are counted. */
  segments: SegmentStore;
  close: () => Promise<void>;
}

const segment = (tenantId: string, id: string): Segment => ({
  id,
  tenantId,
  name: id,
  rule: { all: [] },
  version: 1,
  state: 'building',
  live: null,
  builtSize: 0,
  builtAt: null,
  problem: null,
  createdAt: 0,
  updatedAt: 0,
});

export function describeDefinitionChangesContract(name: string, make: () => Promise<DefinitionChangesHome>): void {
  describe(`DefinitionChanges contract: ${name}`, () => {
    let home: DefinitionChangesHome;
    beforeEach(async () => {
      home = await make();
    });
    afterEach(() => home.close());

    it('names the tenants of which something changed since, each once', async () => {
      const { changes, segments } = home;
      const start = await changes.last();
      expect(await changes.after(start)).toEqual({ position: start, tenants: [] });
      await segments.insert('t', segment('t', 'a'));
      await segments.insert('t', segment('t', 'b'));
      await segments.insert('u', segment('u', 'a'));
      const first = await changes.after(start);
      expect(first.tenants.sort()).toEqual(['t', 'u']);
      expect(first.position).toBe(await changes.last());
      await segments.delete('t', 'a');
      expect((await changes.after(first.position)).tenants).toEqual(['t']);
    });

    it('gives each instant of a tenant once, none before the clock, and each tenant its own', async () => {
      const { changes } = home;
      const take = (tenantId: string, now: number) => changes.take(tenantId, now, async (since) => since);
      expect(await take('t', 100)).toBe(100);
      expect(await take('t', 100)).toBe(101);
      expect(await take('t', 50)).toBe(102);
      expect(await take('t', 500)).toBe(500);
      expect(await take('u', 100)).toBe(100);
    });

    it('lets what has a later instant be seen later, whoever asks at once', async () => {
      const { changes, segments } = home;
      const order: number[] = [];
      await Promise.all(
        Array.from({ length: 8 }, (_, at) =>
          changes.take('t', 0, async (since) => {
            // Whatever a transaction sees was given before it.
            const seen = await segments.all('t');
            await segments.insert('t', segment('t', `s-${at}`));
            order[since] = seen.length;
          }),
        ),
      );
      const instants = Object.keys(order).map(Number);
      expect(instants.map((since) => order[since])).toEqual(instants.map((_, at) => at));
    });

    it('gives no instant away for work that failed', async () => {
      const { changes } = home;
      await changes.take('t', 10, async () => undefined);
      await expect(
        changes.take('t', 10, async () => {
          throw new Error('no');
        }),
      ).rejects.toThrow('no');
      expect(await changes.take('t', 10, async (since) => since)).toBe(11);
    });
  });
}

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { campaignOf, messageOf, runOf } from './campaign-store.contract.js';
import type { CampaignStore } from './campaign-store.js';
import type { NewMessage } from './message.js';
import type { MessageStore } from './message-store.js';

const REASONS = { skipped: { reason: 'render_failed', detail: 'subject: too short' } } as const;

export function describeMessageStoreContract(
  name: string,
  make: () => Promise<{ store: MessageStore; campaigns: CampaignStore; close: () => Promise<void> }>,
): void {
  describe(`MessageStore contract: ${name}`, () => {
    let store: MessageStore;
    let campaigns: CampaignStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, campaigns, close } = await make());
    });
    afterEach(() => close());

    const queue = async (tenantId: string, campaignId: string, messages: NewMessage[], at = 200): Promise<void> => {
      const scheduled = campaignOf(campaignId, { state: 'scheduled', fireAt: 100 });
      await campaigns.insert(tenantId, scheduled);
      const run = runOf(`r-${campaignId}`, campaignId);
      await campaigns.fire(tenantId, { ...scheduled, state: 'running', version: 2 }, 1, run);
      await campaigns.lease(tenantId, run.id, 'l', 0, 1_000);
      await campaigns.setAudience(tenantId, run.id, 'l', messages.length, '{}');
      const made = { from: 0, position: messages.length, cursor: null, last: true, messages, at };
      await campaigns.advance(tenantId, run, 'l', made);
    };

    it('gives a message with all that is known of it', async () => {
      await queue('t', 'c', [messageOf('a')]);
      expect(await store.get('t', 'a')).toEqual({
        id: 'a',
        campaignId: 'c',
        runId: 'r-c',
        step: '',
        profileId: 'p-a',
        channel: 'email',
        channelId: 'channel',
        topic: '',
        address: 'a@example.org',
        state: 'queued',
        attempts: 0,
        queuedAt: 200,
        updatedAt: 200,
      });
    });

    it('lists by pages and by state, and a person’s newest first', async () => {
      await queue('t', 'c', [messageOf('a'), messageOf('b', REASONS), messageOf('c')]);
      await queue('t', 'd', [messageOf('d', { profileId: 'p-a' })], 300);
      const first = await store.list('t', 'c', { limit: 2 });
      expect(first.items.map((one) => one.id)).toEqual(['a', 'b']);
      const rest = await store.list('t', 'c', { limit: 2, cursor: first.nextCursor ?? undefined });
      expect(rest.items.map((one) => one.id)).toEqual(['c']);
      const skipped = await store.list('t', 'c', { limit: 9, state: 'skipped' });
      expect(skipped.items.map((one) => one.reason)).toEqual(['render_failed: subject: too short']);
      const mine = await store.ofProfile('t', 'p-a', { limit: 1 });
      expect(mine.items.map((one) => one.id)).toEqual(['d']);
      const older = await store.ofProfile('t', 'p-a', { limit: 1, cursor: mine.nextCursor ?? undefined });
      expect(older).toMatchObject({ items: [{ id: 'a' }], nextCursor: null });
    });

    it('counts messages, and people once', async () => {
      await queue('t', 'c', [
        messageOf('a'),
        messageOf('b', { profileId: 'p-a', target: 'second device' }),
        messageOf('c', REASONS),
        messageOf('d', { skipped: { reason: 'no_address' } }),
      ]);
      const counts = await store.counts('t', 'c');
      expect(counts).toHaveLength(3);
      expect(counts).toEqual(
        expect.arrayContaining([
          { state: 'queued', people: 1, messages: 2 },
          { state: 'skipped', reason: 'render_failed', people: 1, messages: 1 },
          { state: 'skipped', reason: 'no_address', people: 1, messages: 1 },
        ]),
      );
      expect(await store.total('t', 'c')).toBe(4);
    });

    it('counts what people got lately, without what never went out', async () => {
      await queue('t', 'c', [messageOf('a'), messageOf('b', REASONS)], 200);
      await queue('t', 'd', [messageOf('d', { profileId: 'p-a' })], 300);
      expect(await store.recentOf('t', ['p-a', 'p-b', 'p-x'], 200)).toEqual(new Map([['p-a', 2]]));
      expect(await store.recentOf('t', ['p-a'], 201)).toEqual(new Map([['p-a', 1]]));
    });

    it('cancels what waits, piece by piece', async () => {
      await queue('t', 'c', [messageOf('a'), messageOf('b'), messageOf('c', REASONS)]);
      expect(await store.hasLive('t', 'c')).toBe(true);
      expect(await store.cancelWaiting('t', 'c', 500, 1)).toBe(1);
      expect(await store.cancelWaiting('t', 'c', 500, 10)).toBe(1);
      expect(await store.cancelWaiting('t', 'c', 500, 10)).toBe(0);
      expect(await store.hasLive('t', 'c')).toBe(false);
      expect(await store.get('t', 'a')).toMatchObject({ state: 'cancelled', updatedAt: 500 });
    });

    it('gives the messages of a merged person to its successor, but for those of a run that reached both', async () => {
      await queue('t', 'c', [messageOf('a', { profileId: 'from' }), messageOf('b', { profileId: 'into' })]);
      await queue('t', 'd', [messageOf('d', { profileId: 'from' })]);
      await store.move('t', 'from', 'into');
      await store.move('t', 'from', 'into');
      const ids = async (id: string) =>
        (await store.ofProfile('t', id, { limit: 9 })).items.map((one) => one.id).sort();
      expect(await ids('into')).toEqual(['b', 'd']);
      expect(await ids('from')).toEqual(['a']);
    });

    it('forgets a person and keeps the counts', async () => {
      await queue('t', 'c', [messageOf('a'), messageOf('b')]);
      expect(await store.addressesOf('t', 'p-a')).toEqual([{ channel: 'email', address: 'a@example.org' }]);
      expect(await store.erase('t', 'p-a')).toBe(1);
      expect(await store.addressesOf('t', 'p-a')).toEqual([]);
      expect(await store.get('t', 'a')).toMatchObject({ address: '', state: 'cancelled' });
      expect(await store.total('t', 'c')).toBe(2);
    });

    it('keeps tenants apart', async () => {
      await queue('t', 'c', [messageOf('a')]);
      expect(await store.get('other', 'a')).toBeUndefined();
      expect((await store.list('other', 'c', { limit: 9 })).items).toEqual([]);
      expect((await store.ofProfile('other', 'p-a', { limit: 9 })).items).toEqual([]);
      expect(await store.counts('other', 'c')).toEqual([]);
      expect(await store.total('other', 'c')).toBe(0);
      expect((await store.recentOf('other', ['p-a'], 0)).size).toBe(0);
      expect((await store.sentTo('other', ['p-a'], ['c'])).size).toBe(0);
      expect(await store.addressesOf('other', 'p-a')).toEqual([]);
      expect(await store.hasLive('other', 'c')).toBe(false);
      expect(await store.cancelWaiting('other', 'c', 1, 9)).toBe(0);
      expect(await store.releaseHeld('other', 'c', 1, 9)).toBe(0);
      expect(await store.erase('other', 'p-a')).toBe(0);
      await store.move('other', 'p-a', 'p-x');
      await store.deleteTenant('other');
      expect(await store.get('t', 'a')).toMatchObject({ state: 'queued', profileId: 'p-a' });
      await store.deleteTenant('t');
      expect(await store.get('t', 'a')).toBeUndefined();
    });
  });
}

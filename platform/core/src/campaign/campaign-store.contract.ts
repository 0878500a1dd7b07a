import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Campaign, CampaignRun } from './campaign.js';
import type { CampaignStore, FannedOut } from './campaign-store.js';
import type { NewMessage } from './message.js';
import type { MessageStore } from './message-store.js';

export const campaignOf = (id: string, more: Partial<Campaign> = {}): Campaign => ({
  id,
  name: id,
  channelId: 'channel',
  channel: 'email',
  templateId: 'template',
  segmentId: 'segment',
  schedule: { type: 'now' },
  topic: '',
  state: 'draft',
  version: 1,
  createdAt: 1,
  updatedAt: 1,
  ...more,
});

export const runOf = (id: string, campaignId: string, more: Partial<CampaignRun> = {}): CampaignRun => ({
  id,
  campaignId,
  fireAt: 100,
  state: 'snapshot',
  channelId: 'channel',
  channel: 'email',
  segmentId: 'segment',
  templateId: 'template',
  templateVersion: 1,
  topic: '',
  audience: 0,
  cursor: null,
  position: 0,
  startedAt: 100,
  ...more,
});

export const messageOf = (id: string, more: Partial<NewMessage> = {}): NewMessage => ({
  id,
  profileId: `p-${id}`,
  step: '',
  target: '',
  address: `${id}@example.org`,
  content: '{}',
  ...more,
});

const page = (from: number, ids: string[], more: Partial<FannedOut> = {}): FannedOut => ({
  from,
  position: from + ids.length,
  cursor: `after-${ids.at(-1)}`,
  last: false,
  messages: ids.map((id) => messageOf(id)),
  at: 200,
  ...more,
});

export function describeCampaignStoreContract(
  name: string,
  make: () => Promise<{ store: CampaignStore; messages: MessageStore; close: () => Promise<void> }>,
): void {
  describe(`CampaignStore contract: ${name}`, () => {
    let store: CampaignStore;
    let messages: MessageStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, messages, close } = await make());
    });
    afterEach(() => close());

    const started = async (tenantId = 't', id = 'c') => {
      const scheduled = campaignOf(id, { state: 'scheduled', fireAt: 100 });
      await store.insert(tenantId, scheduled);
      const running = { ...scheduled, state: 'running' as const, fireAt: undefined, version: 2 };
      await store.fire(tenantId, running, 1, runOf(`r-${id}`, id));
      return running;
    };

    it('gives back what it was given, and changes it by compare-and-set', async () => {
      const campaign = campaignOf('c', { conversion: { event: 'Bought', within: '7d' }, topic: 'news' });
      await store.insert('t', campaign);
      expect(await store.get('t', 'c')).toEqual(campaign);
      expect(await store.replace('t', { ...campaign, name: 'new', version: 2 }, 1)).toBe(true);
      expect(await store.replace('t', { ...campaign, name: 'lost', version: 2 }, 1)).toBe(false);
      expect((await store.get('t', 'c'))?.name).toBe('new');
      expect(await store.delete('t', 'c', 1)).toBe(false);
      expect(await store.delete('t', 'c', 2)).toBe(true);
    });

    it('lists the newest first, by pages and by state', async () => {
      for (const id of ['1', '2', '3'])
        await store.insert('t', campaignOf(id, { state: id === '2' ? 'paused' : 'draft' }));
      const first = await store.list('t', { limit: 2 });
      expect(first.items.map((one) => one.id)).toEqual(['3', '2']);
      const rest = await store.list('t', { limit: 2, cursor: first.nextCursor ?? undefined });
      expect(rest.items.map((one) => one.id)).toEqual(['1']);
      expect((await store.list('t', { limit: 9, state: 'paused' })).items.map((one) => one.id)).toEqual(['2']);
    });

    it('knows what is due, and when the next is', async () => {
      await store.insert('t', campaignOf('later', { state: 'scheduled', fireAt: 300 }));
      await store.insert('u', campaignOf('now', { state: 'scheduled', fireAt: 100 }));
      await store.insert('t', campaignOf('paused', { state: 'paused', fireAt: 50 }));
      expect(await store.due(100, 10)).toEqual([{ tenantId: 'u', id: 'now' }]);
      expect(await store.nextDueAt()).toBe(100);
    });

    it('knows who uses a template or a channel, and which campaigns have an aim', async () => {
      await store.insert('t', campaignOf('a', { conversion: { event: 'Bought', within: '7d' }, state: 'running' }));
      await store.insert('t', campaignOf('b', { state: 'completed' }));
      await store.insert('t', campaignOf('c', { conversion: { event: 'Bought', within: '7d' } }));
      expect(await store.using('t', { templateId: 'template' })).toEqual(['a', 'c']);
      expect(await store.using('t', { channelId: 'no' })).toEqual([]);
      expect(await store.using('t', { segmentId: 'segment' })).toEqual(['a', 'c']);
      expect(await store.using('t', { segmentId: 'no' })).toEqual([]);
      expect(await store.using('other', { segmentId: 'segment' })).toEqual([]);
      expect((await store.withConversion()).map((one) => one.campaign.id)).toEqual(['a']);
      await store.endConversion('t', 'a');
      expect(await store.withConversion()).toHaveLength(1);
    });

    it('fires once', async () => {
      const running = await started();
      expect(await store.fire('t', running, 1, runOf('again', 'c'))).toBe(false);
      expect(await store.fire('t', { ...running, version: 3 }, 2, runOf('again', 'c'))).toBe(false);
      expect((await store.get('t', 'c'))?.version).toBe(2);
      expect((await store.runsOf('t', 'c')).map((one) => one.id)).toEqual(['r-c']);
      expect(await store.openRuns(0, 10)).toEqual([{ tenantId: 't', id: 'r-c' }]);
    });

    it('lends a run to one at a time, until its time is over', async () => {
      await started();
      expect(await store.lease('t', 'r-c', 'one', 100, 200)).toBe(true);
      expect(await store.lease('t', 'r-c', 'two', 150, 250)).toBe(false);
      expect(await store.openRuns(150, 10)).toEqual([]);
      expect(await store.lease('t', 'r-c', 'one', 150, 250)).toBe(true);
      expect(await store.lease('t', 'r-c', 'two', 251, 350)).toBe(true);
      expect(await store.setAudience('t', 'r-c', 'one', 5, '{}')).toBe(false);
      await store.release('t', 'r-c', 'one');
      expect(await store.lease('t', 'r-c', 'three', 260, 360)).toBe(false);
      await store.release('t', 'r-c', 'two');
      expect(await store.lease('t', 'r-c', 'three', 260, 360)).toBe(true);
      await store.expireLeases();
      expect(await store.lease('t', 'r-c', 'four', 261, 360)).toBe(true);
    });

    it('stores a page with the position, or neither', async () => {
      await started();
      await store.lease('t', 'r-c', 'one', 100, 1_000);
      await store.setAudience('t', 'r-c', 'one', 3, '{"html":[]}');
      expect(await store.skeleton('t', 'r-c')).toBe('{"html":[]}');
      const run = runOf('r-c', 'c');
      expect(await store.advance('t', run, 'two', page(0, ['a', 'b']))).toBe(false);
      expect(await messages.total('t', 'c')).toBe(0);
      expect(await store.advance('t', run, 'one', page(0, ['a', 'b']))).toBe(true);
      // The answer was lost, and the page is made again.
      expect(await store.advance('t', run, 'one', page(0, ['a', 'b']))).toBe(false);
      expect(await store.run('t', 'r-c')).toMatchObject({
        state: 'fan_out',
        position: 2,
        cursor: 'after-b',
        audience: 3,
      });
      const last = page(2, ['c'], { last: true, cursor: null });
      expect(await store.advance('t', run, 'one', last)).toBe(true);
      expect(await store.run('t', 'r-c')).toMatchObject({ state: 'sending', position: 3, cursor: null });
      expect(await messages.total('t', 'c')).toBe(3);
    });

    it('keeps the message that a recipient of the run has already', async () => {
      await started();
      await store.lease('t', 'r-c', 'one', 100, 1_000);
      await store.setAudience('t', 'r-c', 'one', 2, '{}');
      const twice = { ...page(0, ['a']), messages: [messageOf('a'), messageOf('b', { profileId: 'p-a' })] };
      expect(await store.advance('t', runOf('r-c', 'c'), 'one', twice)).toBe(true);
      expect((await messages.list('t', 'c', { limit: 9 })).items.map((one) => one.id)).toEqual(['a']);
    });

    it.each(['paused', 'cancelled'] as const)('makes nothing for a campaign that is %s', async (state) => {
      const running = await started();
      await store.lease('t', 'r-c', 'one', 100, 1_000);
      await store.setAudience('t', 'r-c', 'one', 2, '{}');
      await store.replace('t', { ...running, state, version: 3 }, 2);
      expect(await store.advance('t', runOf('r-c', 'c'), 'one', page(0, ['a']))).toBe(false);
    });

    it('ends a run, and with it a campaign that runs', async () => {
      await started();
      await store.lease('t', 'r-c', 'one', 100, 1_000);
      expect(await store.finishRun('t', 'r-c', 'two', 300)).toBe(false);
      expect(await store.finishRun('t', 'r-c', 'one', 300)).toBe(true);
      expect(await store.get('t', 'c')).toMatchObject({ state: 'completed', finishedAt: 300 });
      expect(await store.run('t', 'r-c')).toMatchObject({ state: 'done', finishedAt: 300 });
      expect(await store.openRuns(10_000, 10)).toEqual([]);
    });

    it('keeps tenants apart', async () => {
      const running = await started();
      expect(await store.get('other', 'c')).toBeUndefined();
      expect(await store.replace('other', { ...running, version: 3 }, 2)).toBe(false);
      expect(await store.delete('other', 'c', 2)).toBe(false);
      expect(await store.using('other', { templateId: 'template' })).toEqual([]);
      expect(await store.run('other', 'r-c')).toBeUndefined();
      expect(await store.runsOf('other', 'c')).toEqual([]);
      expect(await store.skeleton('other', 'r-c')).toBeUndefined();
      expect(await store.lease('other', 'r-c', 'x', 0, 1_000)).toBe(false);
      await store.lease('t', 'r-c', 'one', 0, 1_000);
      expect(await store.setAudience('other', 'r-c', 'one', 1, '{}')).toBe(false);
      expect(await store.finishRun('other', 'r-c', 'one', 1)).toBe(false);
      expect((await store.list('other', { limit: 9 })).items).toEqual([]);
      await store.deleteTenant('other');
      expect(await store.get('t', 'c')).toBeDefined();
      await store.deleteTenant('t');
      expect(await store.get('t', 'c')).toBeUndefined();
      expect(await store.runsOf('t', 'c')).toEqual([]);
    });
  });
}

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CampaignStore, MessageStore } from '../campaign/index.js';
import { channelOf } from './channel-store.contract.js';
import type { ChannelStore } from './channel-store.js';
import type { DeliveryEvent } from './delivery-event.js';
import type { OutboxStore, Settlement } from './outbox-store.js';

export interface OutboxHome {
  store: OutboxStore;
  channels: ChannelStore;
  campaigns: CampaignStore;
  messages: MessageStore;
  close: () => Promise<void>;
}

const eventFor = (messageId: string, tenantId = 't'): DeliveryEvent => ({
  tenantId,
  id: `${messageId}-sent`,
  type: 'sent',
  messageId,
  campaignId: 'c',
  runId: 'r',
  profileId: `p-${messageId}`,
  channel: 'email',
  channelId: 'channel',
  topic: '',
  at: 1,
});

const sentOne = (id: string, more: Partial<Settlement> = {}): Settlement => ({
  id,
  state: 'sent',
  attempted: true,
  providerId: `at-provider-${id}`,
  event: eventFor(id),
  ...more,
});

export function describeOutboxStoreContract(name: string, make: () => Promise<OutboxHome>): void {
  describe(`OutboxStore contract: ${name}`, () => {
    let home: OutboxHome;
    let store: OutboxStore;
    beforeEach(async () => {
      home = await make();
      store = home.store;
    });
    afterEach(() => home.close());

    /** Messages of one campaign, queued at an instant, by the doors of the stores before this one. */
    const queue = async (ids: string[], at = 100, tenantId = 't', channelId = 'channel'): Promise<void> => {
      const base = { channelId, channel: 'email', templateId: 'x', segmentId: 's', topic: '' };
      const campaign = {
        ...base,
        id: `c-${ids[0]}`,
        name: 'c',
        schedule: { type: 'now' as const },
        state: 'scheduled' as const,
        fireAt: 1,
        version: 1,
        createdAt: 1,
        updatedAt: 1,
      };
      const run = {
        ...base,
        id: `r-${ids[0]}`,
        campaignId: campaign.id,
        fireAt: 1,
        state: 'snapshot' as const,
        templateVersion: 1,
        audience: 0,
        cursor: null,
        position: 0,
        startedAt: 1,
      };
      await home.campaigns.insert(tenantId, campaign);
      await home.campaigns.fire(tenantId, { ...campaign, state: 'running', version: 2 }, 1, run);
      await home.campaigns.lease(tenantId, run.id, 'l', 0, 1);
      await home.campaigns.setAudience(tenantId, run.id, 'l', ids.length, '{}');
      const messages = ids.map((id) => ({
        id,
        profileId: `p-${id}`,
        step: '',
        target: '',
        address: `${id}@example.org`,
        content: `"${id}"`,
      }));
      const made = { from: 0, position: ids.length, cursor: null, last: true, messages, at };
      await home.campaigns.advance(tenantId, run, 'l', made);
    };
    const lease = (token: string, now: number, until: number, limit = 10) =>
      store.lease('t', 'channel', { lease: token, now, until, limit });
    const stateOf = async (id: string) => (await home.messages.get('t', id))?.state;

    it('gives what is due in the order of its time, each message to one lease', async () => {
      await queue(['a', 'b'], 200);
      await queue(['early'], 100);
      await queue(['later'], 900);
      expect((await lease('one', 300, 400, 2)).map((one) => one.id)).toEqual(['early', 'a']);
      expect((await lease('two', 300, 400)).map((one) => one.id)).toEqual(['b']);
      expect(await lease('three', 300, 400)).toEqual([]);
      expect(await store.nextDueAt('t', 'channel')).toBe(400);
    });

    it('hands over all that a channel needs', async () => {
      await queue(['a']);
      expect(await lease('one', 300, 400)).toEqual([
        {
          id: 'a',
          campaignId: 'c-a',
          runId: 'r-a',
          profileId: 'p-a',
          channel: 'email',
          topic: '',
          address: 'a@example.org',
          attempts: 0,
          queuedAt: 100,
          content: '"a"',
          was: 'queued',
        },
      ]);
    });

    it('gives a message again when the lease is over: as queued, or as sending where that had begun', async () => {
      await queue(['a', 'b']);
      await lease('one', 100, 200);
      expect(await store.begin('t', 'one', ['a'], 100)).toEqual(['a']);
      expect(await lease('two', 199, 300)).toEqual([]);
      const again = await lease('two', 200, 300);
      expect(again.map((one) => `${one.id} ${one.was}`).sort()).toEqual(['a sending', 'b queued']);
      expect(await store.begin('t', 'one', ['a', 'b'], 210)).toEqual([]);
    });

    it("takes back what will not be sent now, but for what is another lease's or has come to its end", async () => {
      await queue(['a', 'b', 'c']);
      await lease('one', 100, 200);
      expect(await home.messages.cancelWaiting('t', 'c-a', 100, 1)).toBe(1);
      await store.release('other', 'one', ['a', 'b', 'c'], 110);
      await store.release('t', 'one', ['a', 'b', 'c'], 110);
      const again = await lease('two', 110, 300);
      expect(again).toHaveLength(2);
      const ids = again.map((one) => one.id);
      await store.release('t', 'one', ids, 120);
      expect(await lease('three', 120, 300)).toEqual([]);
      expect(await store.begin('t', 'two', ids, 120)).toHaveLength(2);
    });

    it('begins nothing that was cancelled after it was leased', async () => {
      await queue(['a', 'b']);
      await lease('one', 100, 200);
      expect(await home.messages.cancelWaiting('t', 'c-a', 100, 1)).toBe(1);
      const begun = await store.begin('t', 'one', ['a', 'b'], 110);
      expect(begun).toHaveLength(1);
      expect(await stateOf(begun[0] as string)).toBe('sending');
      expect([await stateOf('a'), await stateOf('b')].sort()).toEqual(['cancelled', 'sending']);
    });

    it('gives everything back at once when all who held a lease are gone', async () => {
      await home.channels.insert('t', channelOf('channel'));
      await queue(['a', 'b', 'c']);
      await lease('one', 100, 10_000);
      await store.begin('t', 'one', ['a'], 100);
      await store.settle('t', 'one', [{ id: 'c', state: 'queued', attempted: true, dueAt: 900 }], 100);
      await store.expireLeases(200);
      const again = await lease('two', 200, 300);
      expect(again.map((one) => `${one.id} ${one.was}`).sort()).toEqual(['a sending', 'b queued']);
      expect(await store.settle('t', 'one', [sentOne('b')], 250)).toEqual([]);
    });

    it('refuses results that come by another lease, with their events', async () => {
      await queue(['a', 'b']);
      await lease('one', 100, 200);
      await lease('two', 200, 300);
      expect(await store.settle('t', 'one', [sentOne('a')], 250)).toEqual([]);
      expect(await store.unpublished(9)).toEqual([]);
      expect(await store.settle('t', 'two', [sentOne('a'), sentOne('x')], 250)).toEqual(['a']);
      expect(await stateOf('a')).toBe('sent');
      expect(await store.settle('t', 'two', [{ ...sentOne('a'), state: 'failed' }], 260)).toEqual([]);
      expect((await store.unpublished(9)).flatMap((one) => one.events)).toEqual([eventFor('a')]);
    });

    it('stores each kind of end, and when to look again', async () => {
      await queue(['a', 'b', 'c', 'd']);
      await lease('one', 100, 200);
      await store.settle(
        't',
        'one',
        [
          sentOne('a'),
          { id: 'b', state: 'queued', attempted: true, reason: 'busy', dueAt: 500 },
          { id: 'c', state: 'held', attempted: false },
          { id: 'd', state: 'unknown', attempted: true, reason: 'lost', dueAt: 600 },
        ],
        150,
      );
      expect(await home.messages.get('t', 'a')).toMatchObject({
        state: 'sent',
        attempts: 1,
        sentAt: 150,
        providerId: 'at-provider-a',
      });
      expect(await home.messages.get('t', 'b')).toMatchObject({ state: 'queued', attempts: 1, reason: 'busy' });
      expect(await home.messages.get('t', 'c')).toMatchObject({ state: 'held', attempts: 0 });
      expect((await lease('two', 700, 800)).map((one) => `${one.id} ${one.was} ${one.content}`)).toEqual([
        'b queued "b"',
        'd unknown "d"',
      ]);
      expect(await home.messages.releaseHeld('t', 'c-a', 700, 9)).toBe(1);
      expect((await lease('three', 700, 800)).map((one) => one.content)).toEqual(['"c"']);
    });

    it('keeps events until they are published', async () => {
      await queue(['a', 'b']);
      await lease('one', 100, 200);
      await store.settle('t', 'one', [sentOne('a')], 150);
      await store.settle('t', 'one', [sentOne('b')], 150);
      const [first, second] = await store.unpublished(9);
      expect(first?.events).toEqual([eventFor('a')]);
      await store.markPublished([first?.id as string]);
      expect((await store.unpublished(9)).map((one) => one.id)).toEqual([second?.id]);
      expect(await store.countUnpublished()).toBe(1);
    });

    it('finds messages by either id, and stores what a provider reports of them', async () => {
      await queue(['a', 'b']);
      await lease('one', 100, 200);
      await store.settle('t', 'one', [sentOne('a'), sentOne('b')], 150, { keepProviderIds: true });
      const found = await store.find('t', 'channel', { ids: ['a', 'x'], providerIds: ['at-provider-b', 'x'] });
      expect(found.map((one) => one.id).sort()).toEqual(['a', 'b']);
      expect(await store.find('t', 'other-channel', { ids: ['a'], providerIds: ['at-provider-b'] })).toEqual([]);
      const report = (state: 'delivered' | 'bounced') => [{ messageId: 'a', state, event: eventFor('a') }];
      await store.report('t', report('delivered'), 300);
      expect(await stateOf('a')).toBe('delivered');
      await store.report('t', report('bounced'), 310);
      await store.report('t', report('delivered'), 320);
      expect(await stateOf('a')).toBe('bounced');
    });

    it('knows the lanes of enabled channels, with the first time of each', async () => {
      await home.channels.insert('t', channelOf('channel'));
      await home.channels.insert('t', channelOf('idle'));
      await home.channels.insert('t', channelOf('off', { state: 'disabled' }));
      await queue(['a', 'b'], 200);
      await queue(['c'], 100, 't', 'off');
      const lane = { tenantId: 't', channelId: 'channel', kind: 'email', dueAt: 200 };
      expect(await store.lanes(300, ['email', 'sms'])).toEqual([lane]);
      expect([await store.lanes(300, ['sms']), await store.lanes(300, [])]).toEqual([[], []]);
    });

    it('counts by kind of channel what could be sent by now, up to a bound of each lane', async () => {
      for (const [id, more] of [
        ['channel', {}],
        ['second', {}],
        ['text', { channel: 'sms' }],
        ['off', { state: 'disabled' as const }],
      ] as const)
        await home.channels.insert('t', channelOf(id, more));
      await home.channels.insert('other', channelOf('of-other'));
      await queue(['a', 'b', 'c'], 200);
      await queue(['d'], 400);
      await queue(['e'], 100, 't', 'second');
      await queue(['f'], 100, 't', 'off');
      await queue(['g'], 100, 'other', 'of-other');
      const count = async (kinds: string[], perLane = 10) =>
        Object.fromEntries(await store.countDue(300, kinds, perLane));
      expect(await count(['email', 'sms', 'push'])).toEqual({ email: 5, sms: 0, push: 0 });
      expect(await count(['sms'])).toEqual({ sms: 0 });
      expect(await count(['email'], 2)).toEqual({ email: 4 });
      await lease('one', 300, 500, 2);
      expect(await count(['email'])).toEqual({ email: 3 });
    });

    it('keeps tenants apart', async () => {
      await queue(['a']);
      expect(await store.lease('other', 'channel', { lease: 'x', now: 500, until: 600, limit: 9 })).toEqual([]);
      expect(await store.nextDueAt('other', 'channel')).toBeUndefined();
      await lease('one', 100, 200);
      expect(await store.begin('other', 'one', ['a'], 100)).toEqual([]);
      expect(await store.settle('other', 'one', [sentOne('a')], 100)).toEqual([]);
      expect(await store.find('other', 'channel', { ids: ['a'], providerIds: [] })).toEqual([]);
      await store.report('other', [{ messageId: 'a', state: 'bounced', event: eventFor('a', 'other') }], 100);
      expect(await stateOf('a')).toBe('queued');
      await store.deleteTenant('other');
      expect(await store.unpublished(9)).toEqual([]);
    });
  });
}

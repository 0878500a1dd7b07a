import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type MessagingHome, NOW, openMessagingHome, people, personId } from './testing/index.js';

const CONTENT = {
  subject: 'Hello {{ profile.traits.firstName }}',
  html: '<html><body><p>Hi {{ profile.traits.firstName }}</p><a href="https://shop.example/?a=1&amp;b=2">Shop</a> <a href="{{ links.unsubscribe }}">Stop</a></body></html>',
};

describe('a campaign', () => {
  let home: MessagingHome;
  beforeEach(async () => {
    home = await openMessagingHome({ tune: { runner: { pageSize: 10 } } });
  });
  afterEach(() => home.close());

  const states = async (id: string) =>
    Object.fromEntries(
      (await home.stores.messages.counts('t', id)).map((one) => [one.reason ?? one.state, one.messages]),
    );

  it('sends each member of its audience one message, rendered for them, and completes', async () => {
    await home.addPeople('t', people(25));
    const { campaign } = await home.draft('t', CONTENT);
    await home.messaging.campaigns.launch('t', campaign.id);
    await home.fanOut();
    await home.deliver();
    await home.fanOut();

    expect(home.recorder.messages).toHaveLength(25);
    expect(new Set(home.recorder.messages.map((one) => one.to)).size).toBe(25);
    const message = home.recorder.messages.find((one) => one.to === 'p7@example.org');
    expect(message).toMatchObject({ tenantId: 't', profileId: personId(7), campaignId: campaign.id, account: 't' });
    expect(message?.content.subject).toBe('Hello N7');
    expect(message?.content.html).toContain('<p>Hi N7</p>');
    expect(message?.content.html).toMatch(/<a href="https:\/\/cdp\.example\/t\/c\/[\w.-]+">Shop/);
    expect(message?.content.html).toMatch(/<img src="https:\/\/cdp\.example\/t\/o\/[\w.-]+"[^>]*><\/body>/);
    expect(message?.content.html).toContain(`<a href="${message?.links.unsubscribe}">Stop`);
    expect(message?.content.text).toMatch(/^Hi N7\n/);
    expect(await states(campaign.id)).toEqual({ sent: 25 });
    expect((await home.messaging.campaigns.get('t', campaign.id)).state).toBe('completed');
  });

  it('shows people the figures of the aggregates that the template names', async () => {
    await home.addPeople('t', people(12));
    const spent = {
      name: 'spent',
      event: 'Bought',
      measure: 'sum',
      property: 'total',
      within: { last: '30d' },
    } as const;
    const times = { createdAt: NOW, updatedAt: NOW, since: NOW, timeZone: 'UTC' };
    home.catalog.putAggregate({ id: 'a', tenantId: 't', definition: spent, version: 1, ...times });
    const bought = (index: number, total: number, daysAgo: number) => ({
      messageId: `${index}-${total}`,
      profileId: personId(index),
      type: 'track' as const,
      name: 'Bought',
      timestamp: NOW - daysAgo * 86_400_000,
      receivedAt: NOW,
      properties: { total },
      context: {},
      source: 'app',
    });
    const events = [bought(3, 20, 1), bought(3, 12.5, 29), bought(3, 99, 31), bought(11, 7, 2)];
    await home.events.append(new Map([['t', events]]), { partition: 0, next: 1 });
    const { campaign } = await home.draft('t', { ...CONTENT, subject: 'Spent {{ profile.aggregates.spent }}' });
    await home.messaging.campaigns.launch('t', campaign.id);
    await home.fanOut();
    await home.deliver();
    const subjects = new Map(home.recorder.messages.map(({ profileId, content }) => [profileId, content.subject]));
    expect([3, 11, 5].map((index) => subjects.get(personId(index)))).toEqual(['Spent 32.5', 'Spent 7', 'Spent 0']);
  });

  it('skips and says why', async () => {
    await home.addPeople('t', [
      ...people(6),
      { id: personId(6), traits: { firstName: 'No address' } },
      { id: personId(7), traits: { email: 'x@example.org' } },
    ]);
    const { consent, suppressions } = home.messaging;
    await consent.set('t', personId(1), [{ channel: 'email', status: 'denied' }]);
    await suppressions.add('t', [{ channel: 'email', address: 'P2@example.org ' }]);
    await home.profiles.erase('t', personId(3), 2);
    const { campaign } = await home.draft('t', {
      ...CONTENT,
      subject: '{{ profile.traits.firstName }}',
    });
    await home.messaging.campaigns.launch('t', campaign.id);
    await home.fanOut();
    expect(await states(campaign.id)).toEqual({
      queued: 3,
      no_consent: 1,
      suppressed: 1,
      erased: 1,
      no_address: 1,
      render_failed: 1,
    });
    const { items } = await home.messaging.campaigns.messages('t', campaign.id, { limit: 100, state: 'skipped' });
    expect(items.map((one) => one.reason).sort()).toEqual([
      'erased',
      'no_address',
      'no_consent: denied',
      expect.stringMatching(/^render_failed: subject: /),
      'suppressed',
    ]);
  });

  it('keeps to a cap over campaigns', async () => {
    home.policy.cap = { messages: 1, windowMs: 86_400_000 };
    await home.addPeople('t', people(3));
    const first = await home.draft('t', CONTENT);
    await home.messaging.campaigns.launch('t', first.campaign.id);
    await home.fanOut();
    await home.addPeople('t', people(2, 10));
    const second = await home.draft('t', CONTENT);
    await home.messaging.campaigns.launch('t', second.campaign.id);
    await home.fanOut();
    expect(await states(second.campaign.id)).toEqual({ queued: 2, capped: 3 });
    home.clock.advance(86_400_001);
    const third = await home.draft('t', CONTENT);
    await home.messaging.campaigns.launch('t', third.campaign.id);
    await home.fanOut();
    expect(await states(third.campaign.id)).toEqual({ queued: 5 });
  });

  it('keeps the audience that it was launched with', async () => {
    await home.addPeople('t', people(15));
    const { campaign } = await home.draft('t', CONTENT);
    await home.messaging.campaigns.launch('t', campaign.id);
    await home.messaging.runner.fireDue();
    const [run] = await home.stores.campaigns.openRuns(home.clock.now(), 10);
    await home.audience.snapshot('t', 'segment-1', run?.id ?? '');
    await home.addPeople('t', people(5, 100));
    await home.fanOut();
    expect(await states(campaign.id)).toEqual({ queued: 15 });
  });

  it('waits for a segment that is being built', async () => {
    await home.addPeople('t', people(3));
    home.segment.state = 'building';
    const { campaign } = await home.draft('t', CONTENT);
    await home.messaging.campaigns.launch('t', campaign.id);
    await home.fanOut();
    expect(await states(campaign.id)).toEqual({});
    await home.addPeople('t', people(2, 50));
    home.segment.state = 'ready';
    await home.fanOut();
    expect(await states(campaign.id)).toEqual({ queued: 5 });
  });

  it('waits for its time, over a restart, and fires once of two processes', async () => {
    await home.addPeople('t', people(3));
    const { campaign } = await home.draft('t', CONTENT, { schedule: { type: 'at', at: '2026-03-01T13:00:00Z' } });
    const launched = await home.messaging.campaigns.launch('t', campaign.id);
    expect(launched.state).toBe('scheduled');
    expect(await home.messaging.runner.fireDue()).toBe(0);
    home.clock.set(NOW + 3_600_000);
    const [one, other] = [home.boot(), home.boot()];
    const fired = await Promise.all([one.runner.fireDue(), other.runner.fireDue()]);
    expect(fired.sort()).toEqual([0, 1]);
    const [run] = await home.stores.campaigns.openRuns(home.clock.now(), 10);
    await Promise.all([one.runner.workOn('t', run?.id ?? ''), other.runner.workOn('t', run?.id ?? '')]);
    expect(await states(campaign.id)).toEqual({ queued: 3 });
    await one.stop();
    await other.stop();
  });

  it('allows the changes of its state that make sense, and no other', async () => {
    await home.addPeople('t', people(1));
    const { campaign } = await home.draft('t', CONTENT, { schedule: { type: 'at', at: '2026-03-01T13:00:00Z' } });
    const { campaigns } = home.messaging;
    const refused = { code: 'conflict' };
    await expect(campaigns.pause('t', campaign.id)).rejects.toMatchObject(refused);
    await expect(campaigns.resume('t', campaign.id)).rejects.toMatchObject(refused);
    await campaigns.update('t', campaign.id, { name: 'Summer' }, 1);
    await expect(campaigns.update('t', campaign.id, { name: 'Autumn' }, 1)).rejects.toMatchObject(refused);
    await campaigns.launch('t', campaign.id);
    await expect(campaigns.launch('t', campaign.id)).rejects.toMatchObject(refused);
    await expect(campaigns.update('t', campaign.id, { name: 'Late' })).rejects.toMatchObject(refused);
    await expect(campaigns.delete('t', campaign.id)).rejects.toMatchObject(refused);
    expect((await campaigns.pause('t', campaign.id)).state).toBe('paused');
    home.clock.advance(7_200_000);
    expect(await home.messaging.runner.fireDue()).toBe(0);
    expect((await campaigns.resume('t', campaign.id)).state).toBe('scheduled');
    await home.fanOut();
    await home.deliver();
    await home.fanOut();
    expect((await campaigns.get('t', campaign.id)).state).toBe('completed');
    for (const action of ['pause', 'resume', 'cancel', 'launch'] as const)
      await expect(campaigns[action]('t', campaign.id)).rejects.toMatchObject(refused);
  });

  it('makes nothing and sends nothing while it is paused, and goes on from there', async () => {
    await home.addPeople('t', people(25));
    const { campaign } = await home.draft('t', CONTENT);
    const { campaigns } = home.messaging;
    await campaigns.launch('t', campaign.id);
    await home.fanOut();
    await campaigns.pause('t', campaign.id);
    await home.deliver();
    expect(home.recorder.messages).toEqual([]);
    expect(await states(campaign.id)).toEqual({ held: 25 });
    await campaigns.resume('t', campaign.id);
    await home.deliver();
    expect(home.recorder.messages).toHaveLength(25);
  });

  it('drops what waits when it is cancelled', async () => {
    await home.addPeople('t', people(25));
    const { campaign } = await home.draft('t', CONTENT);
    await home.messaging.campaigns.launch('t', campaign.id);
    await home.fanOut();
    await home.messaging.campaigns.cancel('t', campaign.id);
    await home.deliver();
    expect(home.recorder.messages).toEqual([]);
    expect(await states(campaign.id)).toEqual({ cancelled: 25 });
    await home.fanOut();
    expect(await home.stores.campaigns.openRuns(home.clock.now(), 10)).toEqual([]);
  });

  it('makes each page once, wherever it is interrupted', async () => {
    await home.addPeople('t', people(95));
    const { campaign } = await home.draft('t', CONTENT);
    await home.messaging.campaigns.launch('t', campaign.id);
    await home.messaging.runner.fireDue();
    const [run] = await home.stores.campaigns.openRuns(home.clock.now(), 10);
    const real = home.stores.campaigns.advance.bind(home.stores.campaigns);
    let pages = 0;
    home.stores.campaigns.advance = async (...call) => {
      // Before the page is stored, and after it was, when nobody heard of it.
      if (pages++ % 3 === 0) throw new Error('The process ends here.');
      const stored = await real(...call);
      if (pages % 3 === 0) throw new Error('The process ends here.');
      return stored;
    };
    for (let tries = 0; tries < 40; tries++) {
      home.clock.advance(61_000);
      await home.messaging.runner.workOn('t', run?.id ?? '').catch(() => {});
    }
    expect(await states(campaign.id)).toEqual({ queued: 95 });
    const { items } = await home.messaging.campaigns.messages('t', campaign.id, { limit: 1_000 });
    expect(new Set(items.map((one) => one.profileId)).size).toBe(95);
  });

  it('is refused what it lacks, by name', async () => {
    await home.addPeople('t', people(1));
    const { channel, template } = await home.draft('t', CONTENT);
    const base = {
      name: 'x',
      channelId: channel.id,
      templateId: template.id,
      audience: { segmentId: 'segment-1' },
      schedule: { type: 'now' as const },
    };
    const { campaigns } = home.messaging;
    const path = (at: string) => ({ code: 'invalid', errors: [expect.objectContaining({ path: at })] });
    await expect(campaigns.create('t', { ...base, channelId: 'no' })).rejects.toMatchObject(path('channelId'));
    await expect(campaigns.create('t', { ...base, templateId: 'no' })).rejects.toMatchObject(path('templateId'));
    await expect(campaigns.create('t', { ...base, audience: { segmentId: 'no' } })).rejects.toMatchObject(
      path('audience.segmentId'),
    );
    await expect(campaigns.create('other', base)).rejects.toMatchObject(path('channelId'));
  });
});

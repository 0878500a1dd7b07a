import type { DeliveryEvent } from '@cdp/core/delivery';
import { TOPICS } from '@cdp/core/log';
import { later, type Outcome, sent, unknown } from '@cdp/plugin-kit';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  launchTo,
  type MessagingHome,
  messagesByName,
  NOW,
  openMessagingHome,
  personId,
  Recorder,
} from './testing/index.js';

describe('delivery', () => {
  let home: MessagingHome;
  afterEach(() => home.close());

  const launch = (names: string[], tenantId = 't') => launchTo(home, names, tenantId);
  const messagesOf = (id: string) => messagesByName(home, id);
  const published = async (): Promise<DeliveryEvent[]> => {
    const found: DeliveryEvent[] = [];
    for (let partition = 0; partition < home.log.partitionCount(TOPICS.delivery); partition++)
      for (const record of await home.log.read(TOPICS.delivery, partition, 0, 10_000))
        found.push(JSON.parse(record.value.toString()));
    return found;
  };

  it('stores what became of each message and publishes it once', async () => {
    home = await openMessagingHome();
    const { campaign } = await launch(['a', 'refused', 'dead', 'later', 'unknown']);
    await home.deliver();
    const found = await messagesOf(campaign.id);
    expect(found.a).toMatchObject({ state: 'sent', attempts: 1, sentAt: NOW, providerId: `provider-${found.a?.id}` });
    expect(found.refused).toMatchObject({ state: 'failed', reason: '550 no', attempts: 1 });
    expect(found.later).toMatchObject({ state: 'queued', reason: '451 busy', attempts: 1 });
    // Nobody can tell, and this provider can neither be asked nor told twice.
    expect(found.unknown).toMatchObject({ state: 'unknown', reason: 'connection lost' });
    expect(await home.messaging.suppressions.check('t', 'email', ['dead@example.org', 'refused@example.org'])).toEqual([
      true,
      false,
    ]);
    await home.messaging.publisher.flush();
    const events = await published();
    expect(events.map((one) => `${one.type} ${one.messageId}`).sort()).toEqual(
      [
        `sent ${found.a?.id}`,
        `failed ${found.refused?.id}`,
        `failed ${found.dead?.id}`,
        `unknown ${found.unknown?.id}`,
      ].sort(),
    );
    expect(await home.stores.outbox.unpublished(10)).toEqual([]);
  });

  it('publishes what is stored when it is told of it, all of it when it stops, and nothing after that', async () => {
    home = await openMessagingHome();
    const { campaign, channel } = await launch(['a', 'b', 'c']);
    const { outbox } = home.stores;
    const now = home.clock.now();
    const leased = await outbox.lease('t', channel.id, { lease: 'l', now, until: now + 10, limit: 3 });
    const settle = async (n: number) => {
      const { id, runId, profileId } = leased[n] as (typeof leased)[number];
      const ids = { tenantId: 't', id: `${id}-sent`, messageId: id, campaignId: campaign.id, runId, profileId };
      const event = { ...ids, type: 'sent' as const, channel: 'email', channelId: channel.id, topic: '', at: now };
      await outbox.settle('t', 'l', [{ id, state: 'sent', attempted: true, event }], now);
    };
    const { publisher } = home.messaging;
    await settle(0);
    publisher.nudge();
    while ((await outbox.countUnpublished()) > 0) await new Promise(setImmediate);
    await settle(1);
    publisher.nudge();
    await publisher.stop();
    expect((await published()).map((one) => one.messageId).sort()).toEqual([leased[0]?.id, leased[1]?.id].sort());
    await settle(2);
    publisher.nudge();
    publisher.hurry();
    await new Promise(setImmediate);
    expect(await outbox.countUnpublished()).toBe(1);
  });

  it('tries again when the provider asked, not earlier, and gives up after the last attempt', async () => {
    home = await openMessagingHome({ tune: { worker: { maxAttempts: 2, random: () => 0 } } });
    const { campaign } = await launch(['later']);
    await home.deliver();
    home.clock.advance(29_999);
    await home.deliver();
    expect(home.recorder.messages).toHaveLength(1);
    home.clock.advance(1);
    await home.deliver();
    expect(home.recorder.messages).toHaveLength(2);
    expect((await messagesOf(campaign.id)).later).toMatchObject({ state: 'failed', attempts: 2, reason: '451 busy' });
  });

  it('sends an unknown one again only where the receiver drops what it knows, by the same id', async () => {
    const idempotent = new Recorder({ idempotent: true });
    home = await openMessagingHome({ recorders: [idempotent], tune: { worker: { random: () => 1 } } });
    const { campaign } = await launch(['unknown']);
    await home.deliver();
    expect((await messagesOf(campaign.id)).unknown?.state).toBe('queued');
    idempotent.answer = () => sent();
    home.clock.advance(60_000);
    await home.deliver();
    expect((await messagesOf(campaign.id)).unknown?.state).toBe('sent');
    expect(new Set(idempotent.messages.map((one) => one.id)).size).toBe(1);
    expect(idempotent.messages).toHaveLength(2);
  });

  it('asks the provider what became of an unknown one', async () => {
    const recorder = new Recorder();
    const answers: Outcome[] = [unknown('not yet known'), sent('found')];
    recorder.reconcile = () => answers.shift() as Outcome;
    home = await openMessagingHome({ recorders: [recorder], tune: { worker: { random: () => 1 } } });
    const { campaign } = await launch(['unknown']);
    await home.deliver();
    home.clock.advance(60_000);
    await home.deliver();
    home.clock.advance(60_000);
    await home.deliver();
    expect((await messagesOf(campaign.id)).unknown).toMatchObject({ state: 'sent', providerId: 'found' });
    expect(recorder.messages).toHaveLength(1);
  });

  it('never resends what a worker that died had begun, and resends what it had not', async () => {
    home = await openMessagingHome();
    const { campaign, channel } = await launch(['a', 'b']);
    const now = home.clock.now();
    const request = { lease: 'dead-worker', now, until: now + 1_000, limit: 10 };
    const leased = await home.stores.outbox.lease('t', channel.id, request);
    await home.stores.outbox.begin('t', 'dead-worker', [leased[0]?.id as string], now);
    await home.deliver();
    expect(home.recorder.messages).toEqual([]);
    home.clock.advance(1_001);
    await home.deliver();
    expect(home.recorder.messages.map((one) => one.id)).toEqual([leased[1]?.id]);
    const { items } = await home.messaging.campaigns.messages('t', campaign.id, { limit: 10 });
    expect(items.map((one) => one.state).sort()).toEqual(['sent', 'unknown']);
  });

  it('refuses the result of a worker whose lease is over', async () => {
    home = await openMessagingHome();
    const { campaign, channel } = await launch(['a']);
    const now = home.clock.now();
    const [message] = await home.stores.outbox.lease('t', channel.id, {
      lease: 'slow',
      now,
      until: now + 10,
      limit: 1,
    });
    home.clock.advance(11);
    await home.deliver();
    const stale = await home.stores.outbox.settle(
      't',
      'slow',
      [{ id: message?.id as string, state: 'failed', reason: 'late', attempted: true }],
      home.clock.now(),
    );
    expect(stale).toEqual([]);
    expect((await messagesOf(campaign.id)).a?.state).toBe('sent');
  });

  it('looks at consent and suppression once more before it sends', async () => {
    home = await openMessagingHome();
    const { campaign } = await launch(['a', 'b', 'c']);
    await home.messaging.consent.set('t', personId(0), [{ channel: 'email', status: 'denied' }]);
    await home.messaging.suppressions.add('t', [{ channel: 'email', address: 'b@example.org' }]);
    await home.deliver();
    expect(home.recorder.messages.map((one) => one.to)).toEqual(['c@example.org']);
    const found = await messagesOf(campaign.id);
    expect(found.a).toMatchObject({ state: 'skipped', reason: 'no_consent', attempts: 0 });
    expect(found.b).toMatchObject({ state: 'skipped', reason: 'suppressed' });
  });

  it('holds a stuck tenant up alone', async () => {
    home = await openMessagingHome();
    const release = Promise.withResolvers<void>();
    home.recorder.answer = async (message) => {
      if (message.tenantId === 'stuck') await release.promise;
      return sent();
    };
    await launch(
      Array.from({ length: 30 }, (_, n) => `s${n}`),
      'stuck',
    );
    await launch(['a', 'b'], 't');
    const arrived = Promise.withResolvers<void>();
    const answer = home.recorder.answer;
    let free = 0;
    home.recorder.answer = async (message, host) => {
      const outcome = await answer(message, host);
      if (message.tenantId === 't' && ++free === 2) arrived.resolve();
      return outcome;
    };
    const draining = home.deliver();
    await arrived.promise;
    expect(
      (
        await home.stores.messages.counts(
          'stuck',
          (
            await home.messaging.campaigns.list('stuck', { limit: 1 })
          ).items[0]?.id as string,
        )
      )[0]?.state,
    ).not.toBe('sent');
    release.resolve();
    await draining;
  });

  it('takes nothing more on once it is to stop, and finishes what is under way', async () => {
    const recorder = new Recorder({ batch: 1 });
    home = await openMessagingHome({ recorders: [recorder], tune: { worker: { calls: 1 } } });
    const { campaign } = await launch(['a', 'b', 'c']);
    let stopped: Promise<void> | undefined;
    recorder.answer = () => {
      stopped ??= home.messaging.worker.stop();
      return sent();
    };
    await home.deliver();
    await stopped;
    const { items } = await home.messaging.campaigns.messages('t', campaign.id, { limit: 10 });
    expect(items.map((one) => one.state).sort()).toEqual(['queued', 'queued', 'sent']);
  });

  it('stops in the middle of a campaign when its tenant is suspended', async () => {
    const recorder = new Recorder({ batch: 1 });
    home = await openMessagingHome({ recorders: [recorder], tune: { worker: { calls: 1 } } });
    await launch(['a', 'b', 'c']);
    recorder.answer = () => {
      home.policy.suspended.add('t');
      home.clock.advance(1_000);
      return sent();
    };
    await home.deliver();
    expect(recorder.messages.length).toBeLessThan(3);
  });

  it('brings along what a resuming or a cancelling that was cut short left held', async () => {
    home = await openMessagingHome();
    const { campaign } = await launch(['a']);
    const statesOf = async () => Object.values(await messagesOf(campaign.id)).map((one) => one.state);
    const cutShort = async (state: 'running' | 'cancelled') => {
      const paused = await home.messaging.campaigns.pause('t', campaign.id);
      await home.deliver();
      expect(await statesOf()).toEqual(['held']);
      await home.stores.campaigns.replace('t', { ...paused, state, version: paused.version + 1 }, paused.version);
      await home.fanOut();
    };
    await cutShort('running');
    expect(await statesOf()).toEqual(['queued']);
    await cutShort('cancelled');
    expect(await statesOf()).toEqual(['cancelled']);
  });

  it('sends nothing for a suspended tenant', async () => {
    home = await openMessagingHome();
    await launch(['a']);
    home.policy.suspended.add('t');
    await home.deliver();
    expect(home.recorder.messages).toEqual([]);
    home.policy.suspended.delete('t');
    await home.deliver();
    expect(home.recorder.messages).toHaveLength(1);
  });

  it('takes in what the provider reports, if it was the provider', async () => {
    home = await openMessagingHome();
    const { campaign, channel } = await launch(['a', 'b', 'c']);
    await home.deliver();
    const found = await messagesOf(campaign.id);
    const callback = (signature: string, events: unknown) => ({
      method: 'POST',
      url: 'https://cdp.example/callbacks/x',
      headers: { signature },
      body: Buffer.from(JSON.stringify(events)),
    });
    const events = [
      { type: 'delivered', id: 'e1', at: NOW + 1, providerId: `provider-${found.a?.id}` },
      { type: 'bounced', id: 'e2', at: NOW + 2, messageId: found.b?.id, reason: 'mailbox gone', suppress: 'address' },
      { type: 'complained', id: 'e3', at: NOW + 3, messageId: found.c?.id },
      { type: 'delivered', id: 'e4', at: NOW + 4, messageId: 'unknown-message' },
    ];
    const { callbacks } = home.messaging;
    await expect(callbacks.receive(channel.id, callback('forged', events))).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    await expect(callbacks.receive('no-channel', callback('genuine', events))).rejects.toMatchObject({
      code: 'not_found',
    });
    home.clock.advance(10_000);
    expect(await callbacks.receive(channel.id, callback('genuine', events))).toBe(3);
    expect(await callbacks.receive(channel.id, callback('genuine', events))).toBe(3);
    const after = await messagesOf(campaign.id);
    expect(after.a?.state).toBe('delivered');
    expect(after.b).toMatchObject({ state: 'bounced', reason: 'mailbox gone' });
    expect(
      await home.messaging.suppressions.check('t', 'email', ['a@example.org', 'b@example.org', 'c@example.org']),
    ).toEqual([false, true, true]);
    expect(await home.messaging.consent.check('t', 'email', '', [personId(2)])).toEqual(['denied']);
    await home.messaging.publisher.flush();
    const ids = (await published()).filter((one) => one.type === 'delivered').map((one) => one.id);
    expect(new Set(ids).size).toBe(1);
  });

  it('sends a test to whoever asks, and counts nothing of it', async () => {
    home = await openMessagingHome();
    await home.addPeople('t', [{ id: personId(0), traits: { email: 'ann@example.org', firstName: 'Ann' } }]);
    const { campaign } = await home.draft('t', { subject: 'Hi {{ profile.traits.firstName }}', html: '<p>x</p>' });
    const { tests } = home.messaging;
    expect(await tests.send('t', campaign.id, { profileId: personId(0), to: 'me@example.org' })).toMatchObject({
      kind: 'sent',
    });
    expect(home.recorder.messages).toEqual([expect.objectContaining({ to: 'me@example.org' })]);
    expect(home.recorder.messages[0]?.content.subject).toBe('Hi Ann');
    expect(await home.stores.messages.total('t', campaign.id)).toBe(0);
    await expect(tests.send('other', campaign.id, { to: 'me@example.org' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('finishes what is under way when it is stopped', async () => {
    home = await openMessagingHome();
    const { campaign } = await launch(['a', 'b']);
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    home.recorder.answer = async () => {
      started.resolve();
      await release.promise;
      return later('never mind');
    };
    await home.messaging.startDelivery();
    await started.promise;
    const stopped = home.messaging.stop();
    release.resolve();
    await stopped;
    expect((await messagesOf(campaign.id)).a).toMatchObject({ state: 'queued', attempts: 1 });
  });
});

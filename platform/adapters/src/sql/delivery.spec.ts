import type { DeliveryEvent } from '@cdp/core/delivery';
import { TOPICS } from '@cdp/core/log';
import { later, type Outcome, sent, unknown } from '@cdp/plugin-kit';
import { afterEach, describe, expect, it } from '@jest/globals';
import { answerByAddress, type MessagingHome, NOW, openMessagingHome, personId, Recorder } from './testing/index.js';

const CONTENT = { subject: 'Hello', html: '<p>Hi</p>' };
const to = (...names: string[]) =>
  names.map((name, n) => ({ id: personId(n), traits: { email: `${name}@example.org` } }));

describe('delivery', () => {
  let home: MessagingHome;
  afterEach(() => home.close());

  const launch = async (names: string[], tenantId = 't') => {
    await home.addPeople(tenantId, to(...names));
    const drafted = await home.draft(tenantId, CONTENT);
    await home.messaging.campaigns.launch(tenantId, drafted.campaign.id);
    await home.fanOut();
    return drafted;
  };
  const messagesOf = async (id: string) => {
    const { items } = await home.messaging.campaigns.messages('t', id, { limit: 100 });
    return Object.fromEntries(items.map((one) => [one.address.split('@')[0] as string, one]));
  };
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

  it('disables a channel at once when the other side is gone, and says why', async () => {
    home = await openMessagingHome();
    const { channel } = await launch(['gone']);
    await home.deliver();
    expect(await home.messaging.channels.get('t', channel.id)).toMatchObject({
      state: 'disabled',
      disabledReason: '410',
    });
    const other = await home.draft('t', CONTENT);
    await home.messaging.channels.update('t', other.channel.id, { state: 'disabled' });
    await expect(home.messaging.campaigns.launch('t', other.campaign.id)).rejects.toMatchObject({ code: 'conflict' });
  });

  it.each(['gone', 'failing'])(
    'asks one that is %s no more than it has places, however fast it answers',
    async (name) => {
      const recorder = new Recorder({ idempotent: true, batch: 2 });
      home = await openMessagingHome({ recorders: [recorder], tune: { worker: { calls: 3 } } });
      const { campaign } = await launch(Array.from({ length: 60 }, (_, n) => `p${n}`));
      recorder.answer = (message, host) => answerByAddress({ ...message, to: name }, host);
      await home.deliver();
      expect(recorder.messages.length).toBeLessThanOrEqual(3 * 2);
      const { items } = await home.messaging.campaigns.messages('t', campaign.id, { limit: 100 });
      expect(items.filter((one) => one.attempts === 0 && one.state === 'queued').length).toBeGreaterThanOrEqual(54);
    },
  );

  it('slows a failing channel down, and disables it after days of nothing but failures', async () => {
    home = await openMessagingHome({ tune: { worker: { maxAttempts: 1_000, maxAgeMs: 30 * 86_400_000 } } });
    const { channel } = await launch(['failing']);
    await home.deliver();
    await home.deliver();
    expect(home.recorder.messages).toHaveLength(1);
    expect(await home.messaging.channels.get('t', channel.id)).toMatchObject({ state: 'enabled', failingSince: NOW });
    home.clock.advance(4 * 86_400_000);
    await home.deliver();
    expect((await home.messaging.channels.get('t', channel.id)).state).toBe('enabled');
    home.clock.advance(86_400_000);
    await home.deliver();
    const disabled = await home.messaging.channels.get('t', channel.id);
    expect(disabled.state).toBe('disabled');
    expect(disabled.disabledReason).toMatch(/5 days.*503/);
    home.recorder.answer = () => sent();
    await home.messaging.channels.update('t', channel.id, { state: 'enabled' });
    home.clock.advance(3_600_000);
    await home.deliver();
    const mended = await home.messaging.channels.get('t', channel.id);
    expect(mended.state).toBe('enabled');
    expect(mended.failingSince).toBeUndefined();
  });

  it('survives a plugin that throws, or gives too few answers', async () => {
    home = await openMessagingHome({ recorders: [new Recorder({ idempotent: true })] });
    const { campaign } = await launch(['a']);
    home.recorder.answer = () => {
      throw new Error('defect');
    };
    await home.deliver();
    expect((await messagesOf(campaign.id)).a).toMatchObject({ state: 'queued', reason: 'defect', attempts: 1 });
  });

  it('masks secrets, keeps them when the mask comes back, and reopens a channel that changed', async () => {
    home = await openMessagingHome();
    const { channel } = await launch(['a']);
    expect(channel.config).toEqual({ account: 't', password: '********' });
    const [row] = await home.db.select<{ sealed_config: string }>('SELECT sealed_config FROM channels');
    expect(row?.sealed_config).not.toContain('hunter2');
    await home.deliver();
    expect(home.recorder.opened).toBe(1);
    const changed = await home.messaging.channels.update('t', channel.id, {
      config: { account: 'second', password: '********' },
    });
    expect(changed.version).toBe(2);
    await home.addPeople('t', [{ id: personId(50), traits: { email: 'z@example.org' } }]);
    const again = await home.messaging.campaigns.create('t', {
      name: 'Again',
      channelId: channel.id,
      templateId: (await home.messaging.templates.list('t', { limit: 1 })).items[0]?.id as string,
      audience: { segmentId: 'segment-1' },
      schedule: { type: 'now' },
    });
    await home.messaging.campaigns.launch('t', again.id);
    await home.fanOut();
    await home.deliver();
    expect([home.recorder.opened, home.recorder.closed]).toEqual([2, 1]);
    expect(home.recorder.messages.at(-1)?.account).toBe('second');
    expect(await home.messaging.channels.test('t', channel.id)).toEqual({ ok: true });
    await expect(home.messaging.channels.update('t', channel.id, { config: { account: 1 } })).rejects.toMatchObject({
      errors: [expect.objectContaining({ path: 'config.account' })],
    });
    await expect(home.messaging.channels.get('other', channel.id)).rejects.toMatchObject({ code: 'not_found' });
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

import { sent } from '@cdp/plugin-kit';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  answerByAddress,
  launchTo,
  MAIL,
  type MessagingHome,
  messagesByName,
  NOW,
  openMessagingHome,
  personId,
  Recorder,
} from './testing/index.js';

describe('channels under delivery', () => {
  let home: MessagingHome;
  afterEach(() => home.close());

  const launch = (names: string[]) => launchTo(home, names);
  const messagesOf = (id: string) => messagesByName(home, id);

  it('disables a channel at once when the other side is gone, and says why', async () => {
    home = await openMessagingHome();
    const { channel } = await launch(['gone']);
    await home.deliver();
    expect(await home.messaging.channels.get('t', channel.id)).toMatchObject({
      state: 'disabled',
      disabledReason: '410',
    });
    const other = await home.draft('t', MAIL);
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

  it('sends by the kinds of channels that its process takes, and leaves the rest to others', async () => {
    home = await openMessagingHome();
    await launch(['p1', 'p2']);
    const others = home.boot({ worker: { kinds: ['sms', 'push'] } });
    await home.deliver(others);
    expect(home.recorder.messages).toHaveLength(0);
    const both = home.boot({ worker: { kinds: ['sms', 'email'] } });
    await home.deliver(both);
    expect(home.recorder.messages).toHaveLength(2);
    await Promise.all([others.stop(), both.stop()]);
  });

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
});

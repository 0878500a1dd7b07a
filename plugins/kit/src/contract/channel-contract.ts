import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Channel } from '../channel.js';
import type { Host } from '../host.js';
import { toJsonSchema } from '../json-schema.js';
import { manifestSchema } from '../manifest.js';
import type { Message } from '../message.js';
import type { Outcome } from '../outcome.js';
import type { Plugin } from '../plugin.js';
import { secretValues } from '../secrets.js';
import { satisfiesKit } from '../version.js';
import { callbackContract } from './callback-contract.js';
import type { Account, Behaviour, ChannelFixture, ProviderDouble } from './fixture.js';
import { testHost } from './test-host.js';

/**
 * Registers the tests that every channel plugin passes. Call it in a spec, inside a `describe` or not:
 *
 *     channelContract(plugin, { start, wrongConfigs, message });
 */
export function channelContract(plugin: Plugin, fixture: ChannelFixture): void {
  const can = (behaviour: Behaviour) => fixture.behaviours?.includes(behaviour) ?? true;
  const when = (behaviour: Behaviour) => (name: string, test: () => Promise<void>) => {
    if (can(behaviour)) it(name, test);
  };

  describe(`the channel contract, kept by ${plugin.manifest.name}`, () => {
    let double: ProviderDouble;
    /** Everything that anyone could read: outcomes, test results and log lines of all tests. */
    const said: string[] = [];
    const open = new Map<Channel, Account>();

    beforeAll(async () => {
      double = await fixture.start();
    });
    afterEach(async () => {
      for (const channel of open.keys()) await channel.close?.();
      open.clear();
      await double.behave('accept');
    });
    afterAll(() => double.stop());

    const hear = (value: unknown) => said.push(JSON.stringify(value));

    /** A host as the tenant of an account has it. */
    async function withHost<T>(account: Account, act: (host: Host) => Promise<T>, signal?: AbortSignal): Promise<T> {
      const host = testHost({
        ...(signal && { signal }),
        ...(double.directory !== undefined && { directory: double.directory }),
        ...(double.inbox && { inbox: double.inbox(account) }),
      });
      try {
        return await act(host);
      } finally {
        said.push(...host.lines);
      }
    }

    async function openAs(account: Account): Promise<Channel> {
      const config = plugin.config.parse(double.config(account));
      const channel = await withHost(account, async (host) => plugin.open(config, host));
      open.set(channel, account);
      return channel;
    }

    async function send(channel: Channel, messages: Message[], signal?: AbortSignal): Promise<Outcome[]> {
      const account = open.get(channel) ?? 'first';
      const outcomes = await withHost(account, (host) => channel.send(messages, host), signal);
      hear(outcomes);
      expect(outcomes).toHaveLength(messages.length);
      return outcomes;
    }

    const idsOf = (messages: Message[]) => messages.map(({ id }) => id);
    const kinds = (outcomes: Outcome[]) => outcomes.map((outcome) => outcome.kind);

    /** As many messages as one call may hold, four at the most. */
    const batch = (name: string): Message[] =>
      Array.from({ length: Math.min(4, plugin.manifest.capabilities.batch?.max ?? 1) }, (_, n) =>
        messageOf(`${name}-${n}`, n),
      );

    const messageOf = (id: string, n: number): Message => {
      const { to, content } = fixture.message(n);
      return {
        id: `contract-${id}`,
        tenantId: 'tenant',
        profileId: `profile-${n}`,
        to,
        content: plugin.content.parse(content),
        links: { unsubscribe: 'https://cdp.example/t/u/token' },
      };
    };

    describe('what it says of itself', () => {
      it('is a manifest that fits this kit', () => {
        expect(() => manifestSchema.parse(plugin.manifest)).not.toThrow();
        expect(satisfiesKit(plugin.manifest.kit)).toBe(true);
      });

      it('has schemas that convert to JSON Schema', () => {
        expect(() => toJsonSchema(plugin.config)).not.toThrow();
        expect(toJsonSchema(plugin.content).type).toBe('object');
      });

      it.each(Object.keys(fixture.wrongConfigs))('refuses a configuration with %s', async (name) => {
        const wrong = plugin.config.safeParse(fixture.wrongConfigs[name]);
        if (wrong.success)
          await expect(withHost('first', async (host) => plugin.open(wrong.data, host))).rejects.toThrow(/\w/);
      });

      it('has what it promises', async () => {
        const channel = await openAs('first');
        if (!plugin.manifest.capabilities.receipts) return;
        expect(channel).toMatchObject({ verifyCallback: expect.any(Function), readCallback: expect.any(Function) });
        expect(fixture.callbacks).toBeDefined();
      });
    });

    it('sends each message once and says so', async () => {
      const channel = await openAs('first');
      const messages = batch('accepted');
      expect(kinds(await send(channel, messages))).toEqual(messages.map(() => 'sent'));
      const taken = await double.taken('first');
      expect(idsOf(messages).map((id) => taken.filter((other) => other === id).length)).toEqual(messages.map(() => 1));
    });

    it('sends nothing and says nothing for no messages', async () => {
      expect(await send(await openAs('first'), [])).toEqual([]);
    });

    it('says that a good configuration is good', async () => {
      const channel = await openAs('first');
      if (!channel.test) return;
      const result = await withHost('first', (host) => channel.test?.(host) as Promise<unknown>);
      hear(result);
      expect(result).toMatchObject({ ok: true });
    });

    when('refuse')('calls refused what the provider refuses for good', async () => {
      const channel = await openAs('first');
      await double.behave('refuse');
      const outcomes = await send(channel, batch('refused'));
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/\w/) });
    });

    when('busy')('calls later what the provider puts off', async () => {
      const channel = await openAs('first');
      await double.behave('busy');
      const outcomes = await send(channel, batch('busy'));
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ kind: 'later', reason: expect.stringMatching(/\w/) });
    });

    when('down')('calls later what reached nobody, blames the channel, and recovers', async () => {
      const channel = await openAs('first');
      await double.behave('down');
      const messages = batch('down');
      const outcomes = await send(channel, messages);
      for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: 'later', channel: 'failing' });
      if (channel.test) {
        const result = await withHost('first', (host) => channel.test?.(host) as Promise<unknown>);
        hear(result);
        expect(result).toMatchObject({ ok: false, reason: expect.stringMatching(/\w/) });
      }
      await double.behave('accept');
      expect(kinds(await send(channel, messages))).toEqual(messages.map(() => 'sent'));
    });

    when('half')('tells the outcomes of one batch apart, in the order of its messages', async () => {
      const channel = await openAs('first');
      await double.behave('half');
      const messages = batch('half');
      expect(kinds(await send(channel, messages))).toEqual(messages.map((_, n) => (n % 2 === 0 ? 'sent' : 'refused')));
    });

    when('hang')('settles soon after an abort, and calls unknown what may have been taken', async () => {
      const channel = await openAs('first');
      await double.behave('hang');
      const abort = new AbortController();
      const [message] = batch('hanging') as [Message];
      const sending = send(channel, [message], abort.signal);
      await double.read(1);
      abort.abort();
      expect(kinds(await sending)).toEqual(['unknown']);
    });

    when('hang')('keeps one message that hangs from holding up a call made beside it', async () => {
      const channel = await openAs('first');
      await double.behave('hang');
      const abort = new AbortController();
      const stuck = send(channel, [messageOf('stuck', 0)], abort.signal);
      await double.read(1);
      await double.behave('accept');
      expect(kinds(await send(channel, [messageOf('beside', 2)]))).toEqual(['sent']);
      abort.abort();
      await stuck;
    });

    it('sends nothing once the call was aborted', async () => {
      const channel = await openAs('first');
      const messages = batch('aborted');
      const outcomes = await send(channel, messages, AbortSignal.abort());
      expect(kinds(outcomes)).toEqual(messages.map(() => 'later'));
      const taken = await double.taken('first');
      expect(messages.filter(({ id }) => taken.includes(id))).toEqual([]);
    });

    it('does not mix two configurations', async () => {
      const [first, second] = [await openAs('first'), await openAs('second')];
      const [ofFirst, ofSecond] = [batch('of-first'), batch('of-second')];
      await Promise.all([send(first, ofFirst), send(second, ofSecond)]);
      const [byFirst, bySecond] = [await double.taken('first'), await double.taken('second')];
      expect(byFirst).toEqual(expect.arrayContaining(idsOf(ofFirst)));
      expect(bySecond).toEqual(expect.arrayContaining(idsOf(ofSecond)));
      expect(byFirst.filter((id) => idsOf(ofSecond).includes(id))).toEqual([]);
      expect(bySecond.filter((id) => idsOf(ofFirst).includes(id))).toEqual([]);
    });

    it('leaves the other configuration working when one is closed', async () => {
      const [first, second] = [await openAs('first'), await openAs('second')];
      await Promise.all([send(first, batch('before-first')), send(second, batch('before-second'))]);
      open.delete(first);
      await first.close?.();
      expect(kinds(await send(second, [messageOf('after', 0)]))).toEqual(['sent']);
    });

    it('leaves nothing open when it is closed', async () => {
      const channel = await openAs('first');
      await send(channel, batch('last'));
      open.delete(channel);
      await channel.close?.();
      await double.idle();
    });

    it('knows or leaves open what became of a message, when it reconciles', async () => {
      const channel = await openAs('first');
      if (!channel.reconcile) return;
      const [known, lost] = [messageOf('known', 0), messageOf('lost', 2)];
      await send(channel, [known]);
      const outcomes = await withHost(
        'first',
        (host) => channel.reconcile?.([known, lost], host) as Promise<Outcome[]>,
      );
      hear(outcomes);
      expect(outcomes).toMatchObject([{ kind: 'sent' }, { kind: expect.stringMatching(/^(later|unknown)$/) }]);
    });

    if (fixture.callbacks) callbackContract(plugin, fixture.callbacks, () => double, openAs);

    it('has told no secret in anything that it said in these tests', () => {
      const secrets = (['first', 'second'] as const).flatMap((account) => {
        const config = plugin.config.parse(double.config(account));
        return secretValues(plugin.config, config).flatMap((secret) => [
          secret,
          Buffer.from(secret).toString('base64'),
        ]);
      });
      for (const line of said) for (const secret of secrets) expect(line).not.toContain(secret);
    });
  });
}

import type { Message } from '@cdp/plugin-kit';
import { channelContract, testHost } from '@cdp/plugin-kit/contract';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { InAppContent } from './in-app-content.js';
import { InboxDouble } from './inbox-double.js';
import { plugin } from './plugin.js';

const NOW = Date.UTC(2026, 0, 15, 12);
const DAY_MS = 86_400_000;

channelContract(plugin, {
  start: async () => new InboxDouble(),
  // Whether a message is taken does not hang on what is in it: there is nobody to refuse it, or to be busy.
  behaviours: ['accept', 'down', 'hang'],
  wrongConfigs: {
    'an unknown field': { apiKey: 'x' },
    'a time without a unit': { expiresIn: '30' },
    'no time at all': { expiresIn: '0d' },
    'more than a year': { expiresIn: '400d' },
  },
  message: (n) => ({ to: '', content: { title: `Number ${n}`, body: 'Hello' } }),
});

describe('the in-app channel', () => {
  let double: InboxDouble;
  beforeEach(() => {
    double = new InboxDouble();
  });

  const host = () => testHost({ now: () => NOW, inbox: double.inbox('first') });
  const message = (content: unknown, more: Partial<Message> = {}): Message<InAppContent> => ({
    id: 'm-1',
    tenantId: 't1',
    profileId: 'p1',
    campaignId: 'c1',
    to: '',
    links: {},
    ...more,
    content: plugin.content.parse(content),
  });
  const send = async (config: Record<string, unknown>, ...messages: Message<InAppContent>[]) => {
    const channel = await plugin.open(plugin.config.parse(config), host());
    return channel.send(messages, host());
  };
  const whole = {
    title: 'Your order',
    body: 'It is on its way.',
    image: 'https://shop.example/parcel.png',
    action: { label: 'Follow it', url: 'shop://orders/7' },
    data: { badge: 3 },
  };

  it('puts the content into the inbox of its person', async () => {
    expect(await send({}, message(whole))).toEqual([{ kind: 'sent' }]);
    expect(double.entries).toEqual([
      {
        account: 'first',
        entry: { id: 'm-1', profileId: 'p1', campaignId: 'c1', content: whole, expiresAt: NOW + 30 * DAY_MS },
      },
    ]);
  });

  it('ends a message when its template says, else when the channel says', async () => {
    const plain = { title: 'A', body: 'B' };
    await send({ expiresIn: '7d' }, message(plain), message({ ...plain, expiresIn: '12h' }));
    expect(double.entries.map(({ entry }) => entry.expiresAt - NOW)).toEqual([7 * DAY_MS, DAY_MS / 2]);
    expect(double.entries[1]?.entry.content).toEqual(plain);
  });

  it('leaves out a picture that was rendered to nothing', async () => {
    await send({}, message({ ...whole, image: '' }));
    expect(double.entries[0]?.entry.content).not.toHaveProperty('image');
  });

  it('puts a test where it is told to, and not to the person', async () => {
    await send({}, message(whole, { to: 'tester', campaignId: undefined }));
    expect(double.entries[0]?.entry).toMatchObject({ profileId: 'tester', campaignId: undefined });
  });

  it('tells those apart who are there from those who are not', async () => {
    const outcomes = await send({}, message(whole), message(whole, { id: 'm-2', profileId: 'nobody' }));
    expect(outcomes).toMatchObject([{ kind: 'sent' }, { kind: 'refused', reason: expect.stringMatching(/nobody/) }]);
  });

  it('does not open where the platform keeps no inboxes', async () => {
    await expect(async () => plugin.open(plugin.config.parse({}), testHost())).rejects.toThrow(/inboxes/);
  });

  it.each([
    'javascript:alert(1)',
    ' JavaScript:alert(1)',
    'java\nscript:alert(1)',
    '\u0001javascript:alert(1)',
    'data:text/html,<script>1</script>',
    'vbscript:x',
    '',
  ])('refuses the link %j', (url) => {
    expect(plugin.content.safeParse({ ...whole, action: { label: 'Go', url } }).success).toBe(false);
  });

  it.each(['https://shop.example/?a=b', '/orders/7', 'shop://orders', 'tel:+49123', '{{ profile.traits.link }}'])(
    'takes the link %j',
    (url) => {
      expect(plugin.content.safeParse({ ...whole, action: { label: 'Go', url } }).success).toBe(true);
    },
  );

  it.each([
    ['no title', { title: undefined }],
    ['a text without end', { body: 'x'.repeat(10_001) }],
    ['a picture that is none', { image: 'javascript:alert(1)' }],
    ['an action that leads nowhere', { action: { label: 'Go' } }],
    ['too much data', { data: { text: 'x'.repeat(9_000) } }],
    ['an unknown field', { subject: 'x' }],
  ])('refuses a content with %s', (_, change) => {
    expect(plugin.content.safeParse({ ...whole, ...change }).success).toBe(false);
  });
});

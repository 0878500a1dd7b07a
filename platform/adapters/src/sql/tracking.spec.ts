import { TOPICS } from '@cdp/core/log';
import type { EnrichedRecord } from '@cdp/core/profile';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type MessagingHome, NOW, openMessagingHome, people, personId } from './testing/index.js';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36';
const visit = (more: { method?: string; headers?: Record<string, string> } = {}) => ({
  method: more.method ?? 'GET',
  headers: { 'user-agent': BROWSER, ...more.headers },
});
const CONTENT = {
  subject: 'Hello',
  html: '<body><a href="https://shop.example/a">A</a> <a href="https://shop.example/b">B</a> <a href="https://shop.example/c">C</a></body>',
};

describe('tracking', () => {
  let home: MessagingHome;
  beforeEach(async () => {
    home = await openMessagingHome();
    await home.messaging.startTracking();
  });
  afterEach(() => home.close());

  const send = async (count = 1, more: { topic?: string; conversion?: { event: string; within: string } } = {}) => {
    await home.addPeople('t', people(count));
    const { campaign } = await home.draft('t', CONTENT, more);
    await home.messaging.campaigns.launch('t', campaign.id);
    await home.fanOut();
    await home.deliver();
    await drained();
    home.clock.advance(60_000);
    return campaign;
  };
  const drained = async () => {
    for (const consumer of home.messaging.consumers) await consumer.drained();
  };
  const linksOf = (n = 0) => {
    const html = home.recorder.messages.find((one) => one.to === `p${n}@example.org`)?.content.html ?? '';
    const found = [...html.matchAll(/\/t\/([co])\/([\w.-]+)/g)];
    return {
      clicks: found.filter((one) => one[1] === 'c').map((one) => one[2] as string),
      open: found.find((one) => one[1] === 'o')?.[2] as string,
      unsubscribe: home.recorder.messages
        .find((one) => one.to === `p${n}@example.org`)
        ?.links.unsubscribe?.split('/t/u/')[1] as string,
    };
  };
  const events = async (name: string) => (await home.rawEvents()).filter((one) => one.call.event === name);
  /** Stands in for the stages between: each raw event of the platform becomes one of its person. */
  const pass = async () => {
    const seen = new Set<string>();
    const records: EnrichedRecord[] = [];
    for (const { tenantId, profileId, receivedAt, call } of await home.rawEvents()) {
      if (call.type !== 'message' || seen.has(call.messageId)) continue;
      seen.add(call.messageId);
      records.push({
        kind: 'event',
        tenantId,
        profileId: profileId as string,
        event: {
          messageId: call.messageId,
          type: 'message',
          name: call.event as string,
          timestamp: Date.parse(call.timestamp as string),
          receivedAt,
          properties: call.properties ?? {},
          context: {},
          source: 'platform',
        },
      });
    }
    await enrich(...records);
  };
  const enrich = async (...records: EnrichedRecord[]) => {
    await home.log.append(
      records.map((record) => ({
        topic: TOPICS.enriched,
        key: record.profileId,
        value: Buffer.from(JSON.stringify(record)),
      })),
    );
    await drained();
  };

  it('leads a click where the message said, and tells of it', async () => {
    const campaign = await send();
    const { clicks } = linksOf();
    expect(clicks).toHaveLength(3);
    expect(await home.messaging.tracking.click(clicks[1] as string, visit())).toBe('https://shop.example/b');
    const [click] = await events('Message Clicked');
    expect(click).toMatchObject({
      tenantId: 't',
      appId: 'platform',
      profileId: personId(0),
      userAgent: BROWSER,
      call: {
        type: 'message',
        properties: {
          campaignId: campaign.id,
          channel: 'email',
          deliveryId: home.recorder.messages[0]?.id,
          url: 'https://shop.example/b',
          machine: false,
        },
      },
    });
  });

  it('leads nowhere by a token that it did not make', async () => {
    await send();
    const { clicks, open } = linksOf();
    const token = clicks[0] as string;
    const [key, body, mac] = token.split('.') as [string, string, string];
    const bytes = Buffer.from(body, 'base64url');
    const elsewhere = Buffer.concat([bytes.subarray(0, -22), Buffer.from('https://evil.example/a')]).toString(
      'base64url',
    );
    for (const forged of [
      `${key}.${elsewhere}.${mac}`,
      `${key}.${body}.${'A'.repeat(mac.length)}`,
      `${key}.${body}`,
      `k9.${body}.${mac}`,
      open,
      '',
      'x'.repeat(10_000),
      `${token}x`,
    ])
      expect(await home.messaging.tracking.click(forged, visit())).toBeUndefined();
    expect(await events('Message Clicked')).toEqual([]);
  });

  it.each<[string, Parameters<typeof visit>[0], string]>([
    ['a robot', { headers: { 'user-agent': 'Barracuda Sentinel (EE)' } }, 'bot'],
    ['a script', { headers: { 'user-agent': 'python-requests/2.31' } }, 'bot'],
    ['a browser that reads ahead', { headers: { 'sec-purpose': 'prefetch;prerender' } }, 'prefetch'],
    ['somebody without a name', { headers: { 'user-agent': '' } }, 'no_user_agent'],
  ])('tells %s from a person', async (_who, request, reason) => {
    await send();
    await home.messaging.tracking.click(linksOf().clicks[0] as string, visit(request));
    expect((await events('Message Clicked'))[0]?.call.properties).toMatchObject({ machine: true, reason });
  });

  it('takes a picture that Gmail fetches for a reader as an open, and one that Apple fetches for nobody not', async () => {
    await send(2);
    const gmail = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
    await home.messaging.tracking.open(linksOf(0).open, visit({ headers: { 'user-agent': gmail } }));
    await home.messaging.tracking.open(linksOf(1).open, visit({ headers: { 'user-agent': 'Mozilla/5.0' } }));
    const opened = (await events('Message Opened')).map((one) => one.call.properties?.machine);
    expect(opened.sort()).toEqual([false, true]);
  });

  it('does not count those who only look whether a link is there', async () => {
    await send();
    const { clicks, open } = linksOf();
    expect(await home.messaging.tracking.click(clicks[0] as string, visit({ method: 'HEAD' }))).toMatch(/^https/);
    await home.messaging.tracking.open(open, visit({ method: 'HEAD' }));
    expect([...(await events('Message Clicked')), ...(await events('Message Opened'))]).toEqual([]);
  });

  it('takes a click in the first moments after sending, and every link at once, for a machine', async () => {
    const campaign = await send(2);
    home.clock.set(NOW + 500);
    await home.messaging.tracking.click(linksOf(0).clicks[0] as string, visit());
    home.clock.set(NOW + 600_000);
    for (const token of linksOf(1).clicks) await home.messaging.tracking.click(token, visit());
    const reasons = (await events('Message Clicked')).map((one) => one.call.properties?.reason);
    expect(reasons.sort()).toEqual(['burst', 'too_soon', undefined, undefined]);
    await pass();
    // By then the first two of the burst are known as well.
    expect(await home.messaging.reports.report('t', campaign.id)).toMatchObject({
      clicked: 0,
      machineClicked: 2,
      raw: { clicked: 0, machineClicked: 4 },
    });
  });

  it('shows a page that changes nothing, and unsubscribes by one post', async () => {
    await send(1, { topic: 'news' });
    const { unsubscribe } = linksOf();
    const { tracking, consent } = home.messaging;
    const page = { channel: 'email', topic: 'news', campaign: 'Spring' };
    expect(await tracking.unsubscribePage(unsubscribe)).toEqual({ ...page, unsubscribed: false });
    expect(await consent.of('t', personId(0))).toEqual([]);
    expect(await tracking.unsubscribe(unsubscribe)).toBe(true);
    expect(await tracking.unsubscribe(unsubscribe)).toBe(true);
    expect(await consent.check('t', 'email', 'news', [personId(0)])).toEqual(['denied']);
    expect(await consent.check('t', 'email', 'offers', [personId(0)])).toEqual(['allowed']);
    expect(await tracking.unsubscribePage(unsubscribe)).toEqual({ ...page, unsubscribed: true });
    const ids = (await events('Message Unsubscribed')).map((one) => one.call.messageId);
    expect(new Set(ids).size).toBe(1);
    const [told] = (await home.rawEvents()).filter((one) => one.call.type === 'consent');
    expect(told?.call.properties).toMatchObject({ channel: 'email', purpose: 'news', status: 'denied' });
    expect(await tracking.unsubscribe('forged')).toBe(false);
    expect(await tracking.unsubscribePage(linksOf().open)).toBeUndefined();
  });

  it('tells what became of messages as events of their people, each once', async () => {
    await home.addPeople('t', [{ id: personId(9), traits: { email: 'refused@example.org' } }]);
    const campaign = await send(2);
    await drained();
    const sent = await events('Message Sent');
    expect(sent.map((one) => one.profileId).sort()).toEqual([personId(0), personId(1)]);
    expect(sent[0]?.call.properties).toMatchObject({ campaignId: campaign.id, channel: 'email' });
    expect((await events('Message Failed'))[0]).toMatchObject({
      profileId: personId(9),
      call: { properties: { reason: '550 no' } },
    });
  });

  it('counts people once, machines apart, and all of it plainly beside', async () => {
    const campaign = await send(3);
    const { tracking } = home.messaging;
    for (let times = 0; times < 2; times++) {
      await tracking.open(linksOf(0).open, visit());
      await tracking.click(linksOf(0).clicks[0] as string, visit());
      home.clock.advance(60_000);
    }
    await tracking.click(linksOf(1).clicks[0] as string, visit());
    await tracking.open(linksOf(1).open, visit({ headers: { 'user-agent': 'Mozilla/5.0' } }));
    await tracking.unsubscribe(linksOf(1).unsubscribe);
    await pass();
    await pass();
    expect(await home.messaging.reports.report('t', campaign.id)).toEqual({
      audience: 3,
      skipped: {},
      queued: 0,
      sent: 3,
      delivered: 0,
      failed: 0,
      bounced: 0,
      unknown: 0,
      cancelled: 0,
      opened: 1,
      clicked: 2,
      dismissed: 0,
      unsubscribed: 1,
      complained: 0,
      converted: 0,
      machineOpened: 1,
      machineClicked: 0,
      raw: expect.objectContaining({ opened: 2, clicked: 3, unsubscribed: 1, machineOpened: 1 }),
      byLink: [{ url: 'https://shop.example/a', clicked: 2, raw: 3 }],
      asOf: new Date(home.clock.now()).toISOString(),
    });
    await expect(home.messaging.reports.report('other', campaign.id)).rejects.toMatchObject({ code: 'not_found' });
  });

  const bought = (n: number, at: number, messageId: string): EnrichedRecord => ({
    kind: 'event',
    tenantId: 't',
    profileId: personId(n),
    event: {
      messageId,
      type: 'track',
      name: 'Order Completed',
      timestamp: at,
      receivedAt: at,
      properties: {},
      context: {},
      source: 'app',
    },
  });

  it('counts a conversion for the last message within its time', async () => {
    const conversion = { event: 'Order Completed', within: '7d' };
    const first = await send(3, { conversion });
    home.clock.advance(86_400_000);
    // The third person is not reached again.
    await home.messaging.suppressions.add('t', [{ channel: 'email', address: 'p2@example.org' }]);
    const second = await send(2, { conversion });
    const now = home.clock.now();
    await enrich(
      bought(0, now, 'order-1'),
      bought(0, now, 'order-1'),
      bought(2, now, 'order-2'),
      bought(1, NOW - 1, 'before-any-message'),
      bought(1, now + 8 * 86_400_000, 'too-late'),
      bought(99, now, 'nobody'),
    );
    await pass();
    const converted = await events('Message Converted');
    expect(
      converted.map((one) => [one.profileId, one.call.properties?.campaignId, one.call.properties?.eventId]),
    ).toEqual(
      expect.arrayContaining([
        [personId(0), second.id, 'order-1'],
        [personId(2), first.id, 'order-2'],
      ]),
    );
    expect(new Set(converted.map((one) => one.call.messageId)).size).toBe(2);
    expect((await home.messaging.reports.report('t', first.id)).converted).toBe(1);
    expect((await home.messaging.reports.report('t', second.id)).converted).toBe(1);
  });

  it('follows a merge, and an erasure with its receipt', async () => {
    const campaign = await send(2, { conversion: { event: 'Order Completed', within: '7d' } });
    await home.messaging.consent.set('t', personId(1), [{ channel: 'email', status: 'denied' }]);
    await home.messaging.suppressions.add('t', [{ channel: 'email', address: 'p0@example.org' }]);
    const [loser, winner] = [personId(1), personId(5)];
    await home.identities.commit('t', {
      links: [{ type: 'userId', value: winner, profileId: winner }],
      merges: [{ mergeId: 'm', loser, winner, at: NOW, cause: 'test' }],
    });
    await enrich({ kind: 'merge', tenantId: 't', profileId: loser, into: winner, mergeId: 'm', at: NOW });
    expect(await home.messaging.consent.check('t', 'email', '', [personId(5)])).toEqual(['denied']);
    await enrich(bought(5, home.clock.now(), 'order'));
    expect((await events('Message Converted'))[0]?.profileId).toBe(personId(5));

    await home.erasures.open('t', { id: 'receipt', profileId: personId(0), parts: [personId(0)], requestedAt: NOW });
    await enrich({ kind: 'erase', tenantId: 't', profileId: personId(0), receiptId: 'receipt', at: NOW });
    const receipt = await home.erasures.get('t', 'receipt');
    expect(receipt?.stores.map((one) => one.store)).toContain('messages');
    const { items } = await home.messaging.campaigns.messagesOfProfile('t', personId(0), { limit: 10 });
    expect(items).toEqual([expect.objectContaining({ state: 'sent', address: '' })]);
    // The address is gone, and still gets nothing.
    expect((await home.messaging.suppressions.list('t', { limit: 10 })).items[0]).not.toHaveProperty('address');
    expect(await home.messaging.suppressions.check('t', 'email', ['p0@example.org'])).toEqual([true]);
    expect((await home.messaging.reports.report('t', campaign.id)).sent).toBe(2);
  });
});

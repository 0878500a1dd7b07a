import { InboxService } from '@cdp/core/tracking';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryRateLimiter } from '../embedded/index.js';
import { type MessagingHome, NOW, openMessagingHome, people, personId } from './testing/index.js';

const [ann, ben] = [personId(0), personId(1)] as [string, string];
const URL = 'https://shop.example/new';

describe('an inbox, as a front end sees it', () => {
  let home: MessagingHome;
  let limiter: MemoryRateLimiter;
  let service: InboxService;
  beforeEach(async () => {
    home = await openMessagingHome();
    await home.addPeople('t', people(2));
    const { state, clock, stores, log, ids } = home;
    limiter = new MemoryRateLimiter({ state, clock });
    service = new InboxService({ inbox: stores.inbox, people: home.people, limiter, log, clock, ids });
    await put('m1', ann);
    await put('m2', ann);
  });
  afterEach(async () => {
    await limiter.close();
    await home.close();
  });

  const put = (id: string, profileId: string, more: { campaignId?: string; content?: Record<string, unknown> } = {}) =>
    home.inboxes.doorFor('t', 'in-app').put([
      {
        id,
        profileId,
        campaignId: 'c1',
        content: { title: id, action: { url: URL } },
        expiresAt: NOW + 9e8,
        ...more,
      },
    ]);
  const as = (profileId: string) => `userId:${profileId}`;
  const told = async () => (await home.rawEvents()).map(({ call }) => call);

  it('is a page with what is unread, and where a stream has to begin', async () => {
    await service.mark('t', as(ann), 'm1', 'read');
    const page = await service.page('t', as(ann), { limit: 1 });
    expect(page).toMatchObject({ items: [{ id: 'm2' }], unread: 1, position: 3, nextCursor: expect.any(String) });
    const rest = await service.page('t', as(ann), { limit: 1, cursor: page.nextCursor ?? undefined });
    expect(rest).toMatchObject({ items: [{ id: 'm1', readAt: NOW }], unread: 1, nextCursor: null });
    expect((await service.page('t', as(ann), { limit: 9, unread: true })).items).toHaveLength(1);
  });

  it('is empty for somebody who is not known yet, and refused for what names nobody', async () => {
    expect(await service.page('t', 'userId:new', { limit: 9 })).toMatchObject({
      items: [],
      unread: 0,
      nextCursor: null,
    });
    expect((await service.page('other', as(ann), { limit: 9 })).items).toEqual([]);
    await expect(service.page('t', 'shoe:42', { limit: 9 })).rejects.toMatchObject({ code: 'invalid' });
    await expect(service.page('t', 'nothing', { limit: 9 })).rejects.toMatchObject({ code: 'invalid' });
  });

  it('tells of the first reading as an opening, once', async () => {
    const door = { ip: '203.0.113.7', userAgent: 'x'.repeat(900) };
    expect(await service.mark('t', as(ann), 'm1', 'read', door)).toMatchObject({ id: 'm1', readAt: NOW });
    home.clock.advance(5);
    expect(await service.mark('t', as(ann), 'm1', 'read')).toMatchObject({ readAt: NOW });
    const events = await home.rawEvents();
    expect(events).toMatchObject([
      {
        tenantId: 't',
        profileId: ann,
        ip: '203.0.113.7',
        call: {
          type: 'message',
          messageId: 'm1-read',
          event: 'Message Opened',
          properties: { campaignId: 'c1', channel: 'in-app', deliveryId: 'm1', machine: false },
        },
      },
    ]);
    expect(events[0]?.userAgent).toHaveLength(512);
  });

  it('tells of every click, with the link that the message has, and of the reading that comes with the first', async () => {
    await service.mark('t', as(ann), 'm1', 'clicked');
    home.clock.advance(5);
    expect(await service.mark('t', as(ann), 'm1', 'clicked')).toMatchObject({ readAt: NOW, clickedAt: NOW });
    const events = await told();
    expect(events.map(({ event }) => event)).toEqual(['Message Opened', 'Message Clicked', 'Message Clicked']);
    expect(events[1]?.properties).toMatchObject({ url: URL, machine: false });
    expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(3);
    await put('plain', ann, { content: { action: 'none' } });
    await service.mark('t', as(ann), 'plain', 'clicked');
    expect((await told()).at(-1)?.properties).not.toHaveProperty('url');
  });

  it('lists no more what was dismissed, and tells of it once', async () => {
    for (let times = 0; times < 2; times++) await service.mark('t', as(ann), 'm1', 'dismissed');
    expect(await service.page('t', as(ann), { limit: 9 })).toMatchObject({ items: [{ id: 'm2' }], unread: 1 });
    expect((await told()).map(({ event }) => event)).toEqual(['Message Dismissed']);
  });

  it('counts nothing of a test', async () => {
    await home.inboxes.doorFor('t', 'in-app').put([{ id: 'test', profileId: ann, content: {}, expiresAt: NOW + 9 }]);
    expect(await service.mark('t', as(ann), 'test', 'clicked')).toMatchObject({ clickedAt: NOW });
    expect(await told()).toEqual([]);
  });

  it('lets nobody mark what is in another inbox', async () => {
    for (const [tenantId, who] of [
      ['t', as(ben)],
      ['t', 'userId:new'],
      ['other', as(ann)],
    ] as const)
      await expect(service.mark(tenantId, who, 'm1', 'read')).rejects.toMatchObject({ code: 'not_found' });
    expect(await told()).toEqual([]);
    expect((await service.page('t', as(ann), { limit: 9 })).unread).toBe(2);
  });

  it('stops who marks faster than people do, and nobody else', async () => {
    await put('m3', ben);
    const marking = async () => {
      for (let n = 0; n < 400; n++) await service.mark('t', as(ann), 'm1', 'clicked');
    };
    await expect(marking()).rejects.toMatchObject({ code: 'over_quota', retryAfter: expect.any(Number) });
    expect(await service.mark('t', as(ben), 'm3', 'read')).toMatchObject({ id: 'm3' });
  });
});

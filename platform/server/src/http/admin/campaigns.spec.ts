import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Api, eventually } from '../../testing/api-client.js';
import { startTestServer, type TestServer } from '../../testing/test-server.js';

let server: TestServer;
let api: Api;
let door: Api;
beforeAll(async () => {
  server = await startTestServer();
  api = await Api.owner(server);
  door = new Api(server.url, { authorization: server.serverAuth });
});
afterAll(() => server.dispose());

const profileOf = async (identifier: string) =>
  (
    await eventually(
      () => api.get(`/api/v1/profiles?identifier=${encodeURIComponent(identifier)}`),
      ({ body }) => body.items?.length === 1,
    )
  ).body.items[0];

describe('campaigns', () => {
  it('go from a template by the local inbox to clicks and a report', async () => {
    await door.post('/v1/identify', {
      userId: 'cleo',
      traits: { email: 'cleo@example.com', firstName: 'Cleo', club: true },
    });
    await profileOf('userId:cleo');
    const channel = await api.post('/api/v1/channels', {
      channel: 'email',
      name: 'Mail',
      config: { provider: 'local', from: 'shop@example.com' },
    });
    expect(channel.status).toBe(201);
    expect((await api.post(`/api/v1/channels/${channel.body.id}/test`)).body).toMatchObject({ ok: true });
    const template = await api.post('/api/v1/templates', {
      channel: 'email',
      name: 'Hello',
      content: {
        subject: 'Hi {{ profile.traits.firstName }}',
        html: '<p><a href="https://shop.example/sale">Sale</a></p>',
      },
    });
    expect(template.status).toBe(201);
    const preview = await api.post(`/api/v1/templates/${template.body.id}/preview`, {});
    expect(preview.body.undefinedVariables.length).toBeGreaterThan(0);
    const segment = await api.post('/api/v1/segments', {
      name: 'Club',
      rule: { trait: 'club', op: 'eq', value: true },
    });
    await eventually(
      () => api.get(`/api/v1/segments/${segment.body.id}`),
      ({ body }) => body.state === 'ready' && body.size === 1,
    );
    const campaign = await api.post('/api/v1/campaigns', {
      name: 'Sale',
      channelId: channel.body.id,
      templateId: template.body.id,
      audience: { segmentId: segment.body.id },
      schedule: { type: 'now' },
    });
    const needed = await api.delete(`/api/v1/segments/${segment.body.id}`);
    expect([needed.status, needed.body.detail]).toEqual([409, expect.stringContaining('Sale')]);
    expect(campaign.body).toMatchObject({ state: 'draft' });
    const path = `/api/v1/campaigns/${campaign.body.id}`;
    expect((await api.post(`${path}/pause`)).status).toBe(409);
    expect((await api.post(`${path}/launch`)).status).toBe(200);
    const inbox = await eventually(
      () => api.get('/api/v1/local-inbox?to=cleo@example.com'),
      ({ body }) => body.items.length === 1,
    );
    const [mail] = inbox.body.items;
    expect(mail.subject).toBe('Hi Cleo');
    expect((await api.get(`/api/v1/local-inbox/${mail.id}`)).body.id).toBe(mail.id);
    const link = /href="([^"]*\/t\/c\/[^"]+)"/.exec(mail.html)?.[1] ?? '';
    expect(link.startsWith(server.url)).toBe(true);
    const browser = {
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36',
    };
    const follow = () => new Api('').send('GET', link, undefined, browser);
    const click = await follow();
    expect(click.status).toBe(302);
    expect(click.headers.get('location')).toBe('https://shop.example/sale');
    // What follows a link in the moment in which it was sent is no person, and counted apart.
    const report = await eventually(
      async () => {
        await follow();
        return api.get(`${path}/report`);
      },
      ({ body }) => body.clicked === 1,
    );
    expect(report.body).toMatchObject({
      audience: 1,
      sent: 1,
      clicked: 1,
      failed: 0,
      byLink: [{ url: 'https://shop.example/sale', clicked: 1 }],
    });
    const messages = await api.get(`${path}/messages?state=sent`);
    expect(messages.body.items).toMatchObject([
      { state: 'sent', address: 'cleo@example.com', campaignId: campaign.body.id },
    ]);
    const leave = mail.unsubscribe;
    const asked = await new Api('').send('GET', leave, undefined, browser);
    expect(asked.status).toBe(200);
    expect(asked.body).toContain('<form method="post">');
    const left = await fetch(leave, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
    });
    expect(left.status).toBe(200);
    await eventually(
      () => api.get(`${path}/report`),
      ({ body }) => body.unsubscribed === 1,
    );
    const cleo = await profileOf('userId:cleo');
    const names = async () =>
      (await api.get(`/api/v1/profiles/${cleo.id}/events?limit=1000`)).body.items.map(
        ({ name }: { name: string }) => name,
      );
    await eventually(names, (seen) =>
      ['Message Sent', 'Message Clicked', 'Message Unsubscribed'].every((name) => seen.includes(name)),
    );
    expect((await api.get(`/api/v1/profiles/${cleo.id}/messages`)).body.items).toHaveLength(1);
  });

  it('are named by the status of the events that tell of them, or that count as their success', async () => {
    await door.post('/v1/identify', { userId: 'nora', traits: { email: 'nora@example.com', waits: 'nora' } });
    await profileOf('userId:nora');
    const make = async (path: string, body: unknown): Promise<string> =>
      (await api.post(`/api/v1/${path}`, body)).body.id;
    const mail = { provider: 'local', from: 'shop@example.com' };
    const channelId = await make('channels', { channel: 'email', name: 'Mail', config: mail });
    const content = { subject: 'Still there', text: 'It waits.' };
    const templateId = await make('templates', { channel: 'email', name: 'Waits', content });
    const rule = { trait: 'waits', op: 'eq', value: 'nora' };
    const segmentId = await make('segments', { name: 'Waiting', rule });
    await eventually(
      () => api.get(`/api/v1/segments/${segmentId}`),
      ({ body }) => body.state === 'ready' && body.size === 1,
    );
    const campaignId = await make('campaigns', {
      name: 'It waits',
      channelId,
      templateId,
      audience: { segmentId },
      schedule: { type: 'now' },
      conversion: { event: 'Cart Bought', within: '7d' },
    });
    await api.post(`/api/v1/campaigns/${campaignId}/launch`);
    const messages = await eventually(
      () => api.get(`/api/v1/campaigns/${campaignId}/messages?state=sent`),
      ({ body }) => body.items.length === 1,
    );
    const message = { id: messages.body.items[0].id, campaignId, channel: 'email', state: 'sent' };

    await door.post('/v1/track', { userId: 'nora', event: 'Looked', messageId: 'nora-looked' });
    const status = (id: string) => door.get(`/v1/events/${id}/status`);
    // The aim of a campaign is known a moment after its launch; who buys before that was not led there by it.
    const orders: string[] = [];
    const bought = await eventually(
      async () => {
        orders.push(`nora-bought-${orders.length}`);
        await door.post('/v1/track', { userId: 'nora', event: 'Cart Bought', messageId: orders.at(-1) });
        const all = await Promise.all(orders.map(status));
        return all.find(({ body }) => body.messages?.length > 0);
      },
      (found) => found !== undefined,
    );
    expect(bought?.body).toMatchObject({ state: 'processed', messages: [{ ...message, relation: 'converted' }] });
    const looked = await eventually(
      () => status('nora-looked'),
      ({ body }) => body.state === 'processed',
    );
    expect(looked.body.messages).toEqual([]);
    const events = await api.get(`/api/v1/profiles/${messages.body.items[0].profileId}/events`);
    const told = events.body.items.filter(({ type }: { type: string }) => type === 'message');
    expect(told.length).toBeGreaterThanOrEqual(2);
    for (const { messageId } of told)
      expect((await status(messageId)).body).toMatchObject({ messages: [{ ...message, relation: 'about' }] });
  });

  it('refuse links that were not signed here', async () => {
    for (const kind of ['c', 'u'])
      expect((await new Api(server.url).get(`/t/${kind}/forged.token.here`)).status).toBe(404);
    const pixel = await new Api(server.url).get('/t/o/forged');
    expect(pixel.headers.get('content-type')).toBe('image/gif');
  });

  it('mask the secrets of channels, and tell what plugins there are', async () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const made = await api.post('/api/v1/channels', {
      channel: 'webhook',
      name: 'Hook',
      config: { url: 'https://hook.example/in', secret },
    });
    expect(made.status).toBe(201);
    expect(JSON.stringify(made.body)).not.toContain(secret);
    const plugins = await api.get('/api/v1/plugins');
    expect(plugins.body.map(({ channel }: { channel: string }) => channel)).toEqual(['email', 'in-app', 'webhook']);
    expect(plugins.body[0].configSchema).toBeInstanceOf(Object);
    expect(server.logLines.join('')).not.toContain(secret);
  });
});

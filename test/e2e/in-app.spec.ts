import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminClient } from '../builders/admin-client.js';
import { EventSource } from '../builders/event-source.js';
import { ServerProcess, settled } from '../builders/server-process.js';
import { userToken } from '../builders/user-token.js';

type Json = Record<string, unknown>;
interface Shown {
  id: string;
  content: Json;
  readAt: string | null;
  clickedAt: string | null;
}
interface Inbox {
  items: Shown[];
  unread: number;
  position: number;
}

describe('an in-app campaign', () => {
  let folder: string;
  let server: ServerProcess;
  let url: string;
  let admin: AdminClient;
  let front: { appKey: string; secretKey: string };
  let campaignId: string;
  const streams: EventSource[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cdp-in-app-'));
    server = new ServerProcess({ dir: folder });
    url = await server.listening;
    admin = await AdminClient.login(server);
    front = await admin.post('/apps', { name: 'Front end', kind: 'public' });
  }, 60_000);
  afterAll(async () => {
    for (const stream of streams) stream.close();
    await server.kill();
    await rm(folder, { recursive: true, force: true });
  });

  const as = (userId: string) => ({ authorization: `Bearer ${userToken(front, userId)}` });
  const call = async <T>(userId: string, path = '', method = 'GET'): Promise<T> => {
    const answer = await fetch(`${url}/v1/inbox${path}`, { method, headers: as(userId) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const listen = async (userId: string, query = '', headers = {}): Promise<EventSource> => {
    const stream = await EventSource.open(`${url}/v1/inbox/stream${query}`, { ...as(userId), ...headers });
    streams.push(stream);
    return stream;
  };
  const write = async (type: string, body: Json): Promise<void> => {
    const headers = { authorization: server.authorization, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/v1/${type}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (answer.status !== 200) throw new Error(await answer.text());
  };
  const report = (wanted: (report: Json) => boolean): Promise<Json> =>
    admin.until<Json>(`/campaigns/${campaignId}/report`, wanted);

  it('reaches those of the segment while they look, and nobody else', async () => {
    // Carl's front end asks before anybody heard of him.
    const [ann, carl] = [await listen('ann'), await listen('carl')];
    for (const userId of ['ann', 'ben', 'carl'])
      await write('identify', {
        userId,
        traits: { name: userId.toUpperCase(), plan: userId === 'ben' ? 'free' : 'pro' },
      });
    const channel = await admin.post<{ id: string }>('/channels', { channel: 'in-app', name: 'App', config: {} });
    const template = await admin.post<{ id: string }>('/templates', {
      channel: 'in-app',
      name: 'News',
      content: {
        title: 'Hello {{ profile.traits.name }}',
        body: 'There is something new.',
        action: { label: 'Look', url: 'https://shop.example/new?for={{ profile.traits.plan }}' },
      },
    });
    const segment = await admin.segment('Pro', { trait: 'plan', op: 'eq', value: 'pro' });
    const campaign = await admin.post<{ id: string }>('/campaigns', {
      name: 'News',
      channelId: channel.id,
      templateId: template.id,
      audience: { segmentId: segment.id },
      schedule: { type: 'now' },
    });
    campaignId = campaign.id;
    await admin.post(`/campaigns/${campaignId}/launch`);
    const heard = [await ann.nextData(), await carl.nextData()];
    expect(heard.map((one) => one?.event)).toEqual(['message', 'message']);
    expect(heard.map((one) => one?.data.content.title)).toEqual(['Hello ANN', 'Hello CARL']);
    expect(await call<Inbox>('ann')).toMatchObject({
      items: [
        { id: heard[0]?.data.id, content: { action: { label: 'Look', url: 'https://shop.example/new?for=pro' } } },
      ],
      unread: 1,
    });
    expect(await call<Inbox>('ben')).toMatchObject({ items: [], unread: 0 });
  });

  it('counts what people do in its report, people once, and lets segments ask for it', async () => {
    const [message] = (await call<Inbox>('ann')).items as [Shown];
    const { position } = await call<Inbox>('ann');
    for (let times = 0; times < 2; times++) await call('ann', `/${message.id}/read`, 'POST');
    for (let times = 0; times < 2; times++) await call('ann', `/${message.id}/click`, 'POST');
    const [other] = (await call<Inbox>('carl')).items as [Shown];
    await call('carl', `/${other.id}/dismiss`, 'POST');
    expect(await call<Inbox>('carl')).toMatchObject({ items: [], unread: 0 });
    const counted = await report(({ clicked, dismissed }) => clicked === 1 && dismissed === 1);
    expect(counted).toMatchObject({
      audience: 2,
      sent: 2,
      opened: 1,
      raw: { opened: 1, clicked: 2, dismissed: 1 },
      byLink: [{ url: 'https://shop.example/new?for=pro', clicked: 1, raw: 2 }],
    });
    await settled(url);
    for (const [event, size] of Object.entries({ opened: 1, clicked: 1, dismissed: 1, sent: 2 }))
      expect(await admin.segment(event, { message: { campaign: campaignId, event } })).toMatchObject({ size });

    // Another tab of hers, which had the list from before.
    const tab = await listen('ann', `?since=${position}`);
    expect(await tab.nextData()).toMatchObject({ event: 'changed', data: { id: message.id } });
    const seen = await call<Inbox>('ann');
    expect(seen).toMatchObject({ unread: 0, items: [{ readAt: expect.any(String), clickedAt: expect.any(String) }] });
  });

  it('goes on where a stream broke off', async () => {
    const first = await listen('ann', '?since=0');
    const { id = '' } = (await first.nextData()) ?? {};
    first.close();
    await write('track', { userId: 'ann', event: 'Anything' });
    const again = await listen('ann', '?since=0', { 'last-event-id': id });
    expect(await again.next()).toEqual({ id });
  });

  it('ends its streams when the platform stops, which then ends well', async () => {
    const stream = await listen('ann');
    expect(await stream.next()).toMatchObject({ id: expect.any(String) });
    await server.stop();
    expect(await stream.nextData()).toBeUndefined();
  });
});

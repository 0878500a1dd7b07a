import { setTimeout as delay } from 'node:timers/promises';

export type Post = <T = { id: string }>(path: string, body: unknown, headers?: Record<string, string>) => Promise<T>;

/** Puts a message into the inbox of a user, by a campaign to everybody; answers its id. */
export async function furnishInbox(
  url: string,
  post: Post,
  app: { authorization: string },
  userId: string,
): Promise<string> {
  await post('/v1/identify', { userId, traits: { name: 'Fuzz' } }, app);
  const rule = { trait: 'name', op: 'eq', value: 'Fuzz' };
  for (;;) {
    const { count } = await post<{ count: number }>('/api/v1/segments/preview', { rule });
    if (count > 0) break;
    await delay(20);
  }
  const [segment, channel, template] = await Promise.all([
    post('/api/v1/segments', { name: 'Fuzz', rule }),
    post('/api/v1/channels', { channel: 'in-app', name: 'App', config: {} }),
    post('/api/v1/templates', {
      channel: 'in-app',
      name: 'App',
      content: { title: 'Hi {{ profile.traits.name }}', body: 'Hello', action: { label: 'Go', url: '/go' } },
    }),
  ]);
  const campaign = await post('/api/v1/campaigns', {
    name: 'App',
    channelId: channel.id,
    templateId: template.id,
    audience: { segmentId: segment.id },
    schedule: { type: 'now' },
  });
  await post(`/api/v1/campaigns/${campaign.id}/launch`, {});
  for (;;) {
    const answer = await fetch(`${url}/v1/inbox?userId=${userId}`, { headers: app });
    const { items } = (await answer.json()) as { items: { id: string }[] };
    if (items[0]) return items[0].id;
    await delay(20);
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { type ServerProcess, settled } from '../builders/server-process.js';
import { userToken } from '../builders/user-token.js';
import { askWell, type Headers } from './http.js';

/** A tenant that has one of everything, each with the canary in what people would read of it. */
export interface FurnishedTenant {
  tenantId: string;
  /** Stands in names, addresses and values of this tenant, and of no other. */
  canary: string;
  /** Personal: an analyst must not see it. */
  personal: string;
  owner: Headers;
  analyst: Headers;
  app: Headers;
  /** As the user of this id, by a token that the app signed. */
  user: (userId: string) => Headers;
  /** By the collection in the path. */
  ids: Record<string, string>;
  profiles: { kept: string; winner: string };
}

interface Made {
  id: string;
}

/** Fills a new tenant through the public doors, and waits until all of it is there. */
export async function furnish(server: ServerProcess, admin: Headers, letter: string): Promise<FurnishedTenant> {
  const url = await server.listening;
  const canary = `canary-${letter}-${process.hrtime.bigint().toString(36)}`;
  const personal = `${canary}@people.example`;
  const post = <T = Made>(path: string, body: unknown, headers: Headers): Promise<T> =>
    askWell<T>(url, 'POST', path, headers, body);
  const login = async (email: string, password: string): Promise<Headers> => {
    const { accessToken } = await post<{ accessToken: string }>('/api/v1/auth/login', { email, password }, {});
    return { authorization: `Bearer ${accessToken}` };
  };
  const ownerEmail = `owner-${canary}@tenant.example`;
  const tenant = await post<Made & { owner: Made & { temporaryPassword: string } }>(
    '/api/v1/tenants',
    { name: `Tenant ${canary}`, owner: { email: ownerEmail } },
    admin,
  );
  const owner = await login(ownerEmail, tenant.owner.temporaryPassword);
  const get = <T>(path: string): Promise<T> => askWell<T>(url, 'GET', path, owner);
  const until = async <T>(path: string, good: (answer: T) => boolean): Promise<T> => {
    for (;;) {
      const answer = await get<T>(path);
      if (good(answer)) return answer;
      await delay(20);
    }
  };
  const user = await post<Made & { temporaryPassword: string }>(
    '/api/v1/users',
    { email: `analyst-${canary}@tenant.example`, role: 'analyst' },
    owner,
  );
  const analyst = await login(`analyst-${canary}@tenant.example`, user.temporaryPassword);
  const key = await post<Made & { appKey: string; secretKey: string }>(
    '/api/v1/apps',
    { name: `App ${canary}`, kind: 'server' },
    owner,
  );
  const app = { authorization: `Basic ${Buffer.from(`${key.appKey}:${key.secretKey}`).toString('base64')}` };

  for (const who of ['kept', 'winner', 'loser', 'gone'])
    await post(
      '/v1/identify',
      { userId: `${who}-${canary}`, traits: { email: `${who}-${personal}`, plan: canary } },
      app,
    );
  const messageId = `message-${canary}`;
  await post('/v1/track', { userId: `kept-${canary}`, event: `Saw ${canary}`, messageId, properties: { canary } }, app);
  await post('/v1/devices', { userId: `kept-${canary}`, token: `token-${canary}`, platform: 'ios' }, app);
  const rejected = await post<{ rejected: unknown[] }>(
    '/v1/batch',
    {
      batch: [
        { type: 'track', userId: `kept-${canary}`, event: 'x', timestamp: `never ${canary}` },
        { type: canary },
        { type: 'page', userId: `kept-${canary}` },
      ],
    },
    app,
  );
  if (rejected.rejected.length === 0) throw new Error('A broken event was taken.');
  const imported = await post<Made>(
    '/v1/bulk/import',
    [
      { type: 'track', userId: `kept-${canary}`, event: 'Imported' },
      { type: canary, userId: '' },
    ],
    app,
  );
  await settled(url);
  const profile = async (who: string): Promise<string> =>
    (
      await until<{ items: Made[] }>(
        `/api/v1/profiles?identifier=userId:${who}-${canary}`,
        ({ items }) => items.length === 1,
      )
    ).items[0]?.id as string;
  const kept = await profile('kept');
  const winner = await profile('winner');
  const merge = await post(`/api/v1/profiles/${winner}/merge`, { with: await profile('loser') }, owner);
  await until<{ state: string }>(`/api/v1/merges/${merge.id}`, ({ state }) => state === 'done');
  const erasure = await askWell<Made>(url, 'DELETE', `/api/v1/profiles/${await profile('gone')}`, owner);
  await until<{ state: string }>(`/api/v1/erasures/${erasure.id}`, ({ state }) => state === 'done');

  /** One in the inbox of each person of the segment; answers that of the person who is kept. */
  const inAppMessage = async (segmentId: string): Promise<{ campaignId: string; messageId: string }> => {
    const channel = await post('/api/v1/channels', { channel: 'in-app', name: `Channel ${canary}`, config: {} }, owner);
    const content = { title: `Hi ${canary}`, body: '{{ profile.traits.email }}' };
    const template = await post('/api/v1/templates', { channel: 'in-app', name: `Template ${canary}`, content }, owner);
    const { id: campaignId } = await post(
      '/api/v1/campaigns',
      {
        name: `Campaign ${canary}`,
        channelId: channel.id,
        templateId: template.id,
        audience: { segmentId },
        schedule: { type: 'now' },
      },
      owner,
    );
    await post(`/api/v1/campaigns/${campaignId}/launch`, {}, owner);
    for (;;) {
      const { items } = await askWell<{ items: Made[] }>(url, 'GET', `/v1/inbox?userId=kept-${canary}`, app);
      if (items[0]) return { campaignId, messageId: items[0].id };
      await delay(20);
    }
  };

  const name = `seen_${canary.replaceAll('-', '_')}`;
  const seen = { event: `Saw ${canary}`, measure: 'count', where: { property: 'canary', op: 'eq', value: canary } };
  const aggregate = await post('/api/v1/aggregates', { name, ...seen }, owner);
  const rule = { trait: 'plan', op: 'eq', value: canary };
  const segment = await post('/api/v1/segments', { name: `Segment ${canary}`, rule }, owner);
  await until<{ state: string }>(`/api/v1/segments/${segment.id}`, ({ state }) => state === 'ready');
  const mail = {
    channel: 'email',
    name: `Channel ${canary}`,
    config: { provider: 'local', from: `shop-${canary}@tenant.example` },
  };
  const channel = await post('/api/v1/channels', mail, owner);
  const content = { subject: `Hi ${canary}`, html: '<p><a href="https://shop.example/">Shop</a></p>' };
  const template = await post('/api/v1/templates', { channel: 'email', name: `Template ${canary}`, content }, owner);
  await askWell(url, 'PUT', '/api/v1/consent-policies', owner, { channel: 'email', topic: canary, mode: 'opt_out' });
  await askWell(url, 'PUT', `/api/v1/profiles/${kept}/consents`, owner, {
    consents: [{ channel: 'email', topic: canary, status: 'granted' }],
  });
  await post('/api/v1/suppressions', { channel: 'email', address: `never-${personal}` }, owner);
  const campaign = await post(
    '/api/v1/campaigns',
    {
      name: `Campaign ${canary}`,
      channelId: channel.id,
      templateId: template.id,
      audience: { segmentId: segment.id },
      schedule: { type: 'now' },
      topic: canary,
    },
    owner,
  );
  await post(`/api/v1/campaigns/${campaign.id}/launch`, {}, owner);
  const inApp = await inAppMessage(segment.id);
  const inbox = await until<{ items: Made[] }>('/api/v1/local-inbox', ({ items }) => items.length === 2);
  for (const id of [campaign.id, inApp.campaignId])
    await until<{ state: string }>(`/api/v1/campaigns/${id}`, ({ state }) => state === 'completed');
  await until<{ state: string }>(
    `/api/v1/imports/${imported.id}`,
    ({ state }) => !/pending|running|queued/.test(state),
  );
  await settled(url);
  const sessions = await get<{ items: Made[] }>('/api/v1/auth/sessions');
  return {
    tenantId: tenant.id,
    canary,
    personal,
    owner,
    analyst,
    app,
    user: (userId) => ({ authorization: `Bearer ${userToken(key, userId)}` }),
    profiles: { kept, winner },
    ids: {
      aggregates: aggregate.id,
      apps: key.id,
      campaigns: campaign.id,
      channels: channel.id,
      erasures: erasure.id,
      imports: imported.id,
      inbox: inApp.messageId,
      bulk: imported.id,
      'local-inbox': inbox.items[0]?.id as string,
      merges: merge.id,
      profiles: kept,
      segments: segment.id,
      templates: template.id,
      tenants: tenant.id,
      users: user.id,
      sessions: sessions.items[0]?.id as string,
      events: messageId,
      devices: `token-${canary}`,
    },
  };
}

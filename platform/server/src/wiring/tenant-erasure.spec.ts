import { mkdir, stat, writeFile } from 'node:fs/promises';
import { enriched } from '@cdp/core/inbound';
import { rawRecord } from '@cdp/core/ingest';
import { TOPICS } from '@cdp/core/log';
import { describe, expect, it } from '@jest/globals';
import { Api, eventually } from '../testing/api-client.js';
import { startTestServer } from '../testing/test-server.js';

describe('deleting a tenant', () => {
  it('leaves nothing of it in any table, closes its door and its logins, and touches no other tenant', async () => {
    const server = await startTestServer({ env: { CDP_ADMIN_PASSWORD: 'correct horse' } });
    try {
      const root = await Api.login(server, 'admin@localhost', 'correct horse');
      const other = (await root.post('/api/v1/tenants', { name: 'other', owner: { email: 'o@other.example' } })).body;
      const owner = await Api.owner(server);
      const door = new Api(server.url, { authorization: server.serverAuth });
      const tenantId = (await owner.get('/api/v1/auth/me')).body.memberships[0].tenantId as string;
      await door.post('/v1/identify', { userId: 'ada', traits: { email: 'ada@example.com' } });
      await owner.post('/api/v1/segments', { name: 'all', rule: { trait: 'email', op: 'exists' } });
      await owner.post('/api/v1/aggregates', { name: 'visits', event: 'Visit', measure: 'count' });
      await owner.post('/api/v1/templates', { channel: 'webhook', name: 't', content: { body: '{}' } });
      const found = await eventually(
        () => owner.get('/api/v1/profiles?identifier=userId:ada'),
        ({ body }) => body.items?.length === 1,
      );
      const profileId = found.body.items[0].id as string;

      const { db, profiles, log, events, folder } = server.platform.stores;
      const ofPlugin = folder.path(`plugins/somebody-elses/${tenantId}`);
      await mkdir(ofPlugin, { recursive: true });
      await writeFile(`${ofPlugin}/state`, 'x');
      const { catalog } = server.platform.pipeline;
      await eventually(
        async () => catalog.indexOf(tenantId),
        (index) => index !== undefined,
      );
      const tables = await db.select<{ name: string }>(
        "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'tenant_id' WHERE m.type = 'table'",
      );
      const holding = async (id: string) => {
        const held: string[] = [];
        for (const { name } of tables)
          if (await db.selectOne(`SELECT tenant_id FROM ${name} WHERE tenant_id = ? LIMIT 1`, [id])) held.push(name);
        return held;
      };
      const some = ['aggregates', 'apps', 'memberships', 'segments', 'templates'];
      expect(await holding(tenantId)).toEqual(expect.arrayContaining(some));
      const untouched = await holding(other.id);

      expect((await root.delete(`/api/v1/tenants/${tenantId}`)).status).toBe(204);
      expect(await holding(tenantId)).toEqual([]);
      expect(await profiles.getMany(tenantId, [profileId])).toEqual([undefined]);
      expect(await holding(other.id)).toEqual(untouched);
      expect((await owner.get('/api/v1/auth/me')).status).toBe(401);
      expect((await door.post('/v1/track', { userId: 'ada', event: 'Late' })).status).toBe(401);
      expect(catalog.indexOf(tenantId)).toBeUndefined();
      expect(catalog.aggregatesOf(tenantId)).toEqual([]);
      await expect(stat(ofPlugin)).rejects.toMatchObject({ code: 'ENOENT' });

      // What was taken in before the end and comes to its turn after it.
      const now = Date.now();
      const event = { messageId: 'm', type: 'track' as const, name: 'Late', timestamp: now, receivedAt: now };
      await log.append([
        rawRecord({
          tenantId,
          appId: 'app',
          receivedAt: now,
          call: { type: 'identify', messageId: 'late', userId: 'ada' },
        }),
        enriched({
          kind: 'event',
          tenantId,
          profileId,
          event: { ...event, properties: {}, context: {}, source: 'app' },
        }),
      ]);
      await eventually(
        async () => (await log.lag('inbound', TOPICS.raw)) + (await log.lag('profile', TOPICS.enriched)),
        (lag) => lag === 0,
      );
      expect(await profiles.scan(tenantId, undefined, 10)).toEqual([]);
      expect((await events.timeline(tenantId, profileId, { limit: 10 })).items).toEqual([]);
      expect(await holding(tenantId)).toEqual([]);
    } finally {
      await server.dispose();
    }
  });
});

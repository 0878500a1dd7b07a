import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminClient } from '../builders/admin-client.js';
import { ServerProcess, settled } from '../builders/server-process.js';
import { Mailbox } from './crash/mailbox.js';
import { randomOf } from './power-loss/machine.js';

// A failure prints the seed that it came from; CDP_CHAOS_ROUNDS runs more.
const SEED = Number(process.env.CDP_CHAOS_SEED ?? Date.now() % 1_000_000);
const ROUNDS = Math.ceil(Number(process.env.CDP_CHAOS_ROUNDS ?? 20) / 5);
const PEOPLE = ROUNDS * 400;

interface Message {
  id: string;
  address: string;
  state: string;
}

describe(`a campaign by SMTP whose server is killed ${ROUNDS} times (seed ${SEED})`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'cdp-messages-'));
  const random = randomOf(SEED);
  const mailbox = new Mailbox();
  const messages: Message[] = [];
  let server: ServerProcess;
  let report: { audience: number; sent: number; unknown: number; queued: number };
  let sentEvents: number;

  beforeAll(
    async () => {
      const port = await mailbox.listen();
      server = new ServerProcess({ dir });
      await addPeople(server);
      let admin = await AdminClient.login(server);
      const id = await launch(admin, port);
      for (let round = 0; round < ROUNDS; round++) {
        // From the first moments, when messages are still being made, until most of them are sent.
        await mailbox.more(1 + Math.floor(random() * 250));
        await server.kill();
        server = new ServerProcess({ dir });
        await server.listening;
      }
      admin = await AdminClient.login(server);
      await admin.until<{ state: string }>(`/campaigns/${id}`, ({ state }) => state === 'completed');
      // A stop tells what is still to be told of the sendings.
      await server.stop();
      server = new ServerProcess({ dir });
      await settled(await server.listening);
      admin = await AdminClient.login(server);
      report = await admin.get(`/campaigns/${id}/report`);
      for (let cursor: string | null = ''; cursor !== null; ) {
        const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
        const page: { items: Message[]; nextCursor: string | null } = await admin.get(
          `/campaigns/${id}/messages?limit=1000${query}`,
        );
        messages.push(...page.items);
        cursor = page.nextCursor;
      }
      sentEvents = await countSent(admin, id);
      await server.stop();
    },
    120_000 + ROUNDS * 20_000,
  );

  afterAll(async () => {
    if (server.exitCode === null) await server.kill();
    await mailbox.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('made one message for each person', () => {
    expect(report.audience).toBe(PEOPLE);
    expect(messages).toHaveLength(PEOPLE);
    expect(new Set(messages.map((one) => one.address)).size).toBe(PEOPLE);
  });

  it('sent nobody a mail twice', () => {
    expect([...mailbox.received].filter(([, times]) => times > 1)).toEqual([]);
  });

  it('says of each message what became of it: sent, or that nobody can tell', () => {
    const sent = messages.filter((one) => one.state === 'sent');
    const unknown = messages.filter((one) => one.state === 'unknown');
    expect(sent.length + unknown.length).toBe(PEOPLE);
    expect(sent.filter((one) => !mailbox.received.has(one.address))).toEqual([]);
    expect(report).toMatchObject({ sent: sent.length, unknown: unknown.length, queued: 0 });
    // In doubt is only what a call was about when the server died.
    expect(unknown.length).toBeLessThanOrEqual(ROUNDS * 100);
  });

  it('told each sending once', () => {
    expect(sentEvents).toBe(report.sent);
  });
});

/** By the door, as an app would. */
async function addPeople(server: ServerProcess): Promise<void> {
  const url = await server.listening;
  for (let from = 0; from < PEOPLE; from += 500) {
    const users = Array.from({ length: Math.min(500, PEOPLE - from) }, (_, i) => ({
      userId: `mail-${from + i}`,
      traits: { email: `mail-${from + i}@example.com`, name: `N${from + i}`, mailed: true },
    }));
    const answer = await fetch(`${url}/v1/users`, {
      method: 'POST',
      headers: { authorization: server.authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ users }),
    });
    if (!answer.ok) throw new Error(`The users were answered ${answer.status}: ${await answer.text()}`);
  }
  await settled(url);
}

async function launch(admin: AdminClient, port: number): Promise<string> {
  const segment = await admin.segment('Everybody mailed', { trait: 'mailed', op: 'eq', value: true });
  const channel = await admin.post<{ id: string }>('/channels', {
    channel: 'email',
    name: 'SMTP',
    config: { provider: 'smtp', host: '127.0.0.1', port, security: 'none', from: 'shop@example.com' },
  });
  const template = await admin.post<{ id: string }>('/templates', {
    channel: 'email',
    name: 'Hello',
    content: { subject: 'Hello {{ profile.traits.name }}', html: '<p><a href="https://shop.example/">Shop</a></p>' },
  });
  const { id } = await admin.post<{ id: string }>('/campaigns', {
    name: 'Hello',
    channelId: channel.id,
    templateId: template.id,
    audience: { segmentId: segment.id },
    schedule: { type: 'now' },
  });
  await admin.post(`/campaigns/${id}/launch`);
  return id;
}

/** People whose timeline has the sending, by the rule language itself. */
async function countSent(admin: AdminClient, campaign: string): Promise<number> {
  const rule = { message: { campaign, event: 'sent' } };
  const once = await admin.post<{ count: number }>('/segments/preview', { rule });
  const twice = await admin.post<{ count: number }>('/segments/preview', {
    rule: {
      event: 'Message Sent',
      where: { property: 'campaignId', op: 'eq', value: campaign },
      count: { op: 'gte', value: 2 },
    },
  });
  return once.count + twice.count;
}

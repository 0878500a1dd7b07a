import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Message } from '@cdp/plugin-kit';
import { channelContract, testHost } from '@cdp/plugin-kit/contract';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EmailContent } from './email-content.js';
import { LocalInbox } from './local-inbox.js';
import { plugin } from './plugin.js';

const local = { provider: 'local', from: 'Shop <news@shop.example>' };

/** Two senders stand for the two accounts: the inbox has no login. */
channelContract(plugin, {
  behaviours: ['accept'],
  start: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'local-inbox-'));
    const inbox = new LocalInbox(directory);
    return {
      directory,
      config: (account) => ({ provider: 'local', from: `${account}@shop.example` }),
      behave: () => undefined,
      taken: async (account) => {
        const { items } = await inbox.list({ limit: 1000 });
        return items.filter(({ from }) => from === `${account}@shop.example`).map(({ id }) => id);
      },
      read: async () => undefined,
      idle: async () => undefined,
      stop: () => rm(directory, { recursive: true }),
    };
  },
  wrongConfigs: { 'no sender': { provider: 'local' }, 'a host': { ...local, host: 'mail.example' } },
  message: (n) => ({ to: `person${n}@example.org`, content: { subject: 'Hello', html: '<p>Hello</p>' } }),
});

describe('the local inbox', () => {
  let directory: string;
  let inbox: LocalInbox;
  let now = Date.UTC(2026, 0, 1);

  const host = () => testHost({ directory, now: () => ++now });
  const message = (id: string, to = 'ann@example.org'): Message<EmailContent> => ({
    id,
    tenantId: 't1',
    profileId: 'p1',
    campaignId: 'c1',
    to,
    content: { subject: `Subject of ${id}`, html: '<p>Hello</p>', text: 'Hello' },
    links: { unsubscribe: 'https://cdp.example/t/u/abc' },
  });
  const send = async (...messages: Message<EmailContent>[]) => {
    const channel = await plugin.open(plugin.config.parse(local), host());
    return channel.send(messages, host());
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'local-inbox-'));
    inbox = new LocalInbox(directory);
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('keeps what was sent, and gives it back by id', async () => {
    await send(message('m-1'));
    expect(await inbox.get('m-1')).toMatchObject({
      id: 'm-1',
      tenantId: 't1',
      profileId: 'p1',
      campaignId: 'c1',
      from: 'news@shop.example',
      to: 'ann@example.org',
      subject: 'Subject of m-1',
      html: '<p>Hello</p>',
      text: 'Hello',
      unsubscribe: 'https://cdp.example/t/u/abc',
      headers: { 'List-Unsubscribe': '<https://cdp.example/t/u/abc>', 'Message-ID': '<m-1@shop.example>' },
    });
    expect(await inbox.get('m-2')).toBeUndefined();
  });

  it('lists by recipient without regard to case, newest first, in pages', async () => {
    for (let n = 0; n < 5; n++) await send(message(`ann-${n}`), message(`bob-${n}`, 'bob@example.org'));
    const first = await inbox.list({ to: 'Ann@Example.org', limit: 3 });
    expect(first.items.map(({ id }) => id)).toEqual(['ann-4', 'ann-3', 'ann-2']);
    const second = await inbox.list({ to: 'ann@example.org', limit: 3, cursor: first.nextCursor ?? '' });
    expect(second).toMatchObject({ items: [{ id: 'ann-1' }, { id: 'ann-0' }], nextCursor: null });
    expect((await inbox.list({ limit: 100 })).items).toHaveLength(10);
    expect(await inbox.list({ to: 'nobody@example.org', limit: 3 })).toEqual({ items: [], nextCursor: null });
  });

  it('says that there is no next page when the last one is full', async () => {
    await send(message('m-1'), message('m-2'));
    expect((await inbox.list({ limit: 2 })).nextCursor).toBeNull();
  });

  it('keeps a message once, however often and however concurrently it is sent', async () => {
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => send(message('m-1'))));
    expect(outcomes.flat().every(({ kind }) => kind === 'sent')).toBe(true);
    expect((await inbox.list({ limit: 100 })).items).toHaveLength(1);
    expect((await inbox.list({ to: 'ann@example.org', limit: 100 })).items).toHaveLength(1);
    expect(await readdir(join(directory, 'drafts'))).toEqual([]);
  });

  it('tells after a crash what had arrived and what had not', async () => {
    await send(message('m-1'));
    const channel = await plugin.open(plugin.config.parse(local), host());
    expect(await channel.reconcile?.([message('m-1'), message('m-2')], host())).toMatchObject([
      { kind: 'sent', providerId: 'm-1' },
      { kind: 'later' },
    ]);
  });

  it('leaves out what a crash left half done, and takes it in full the next time', async () => {
    await send(message('other'));
    await writeFile(join(directory, 'all', `${String(now).padStart(15, '0')}-m-1`), '{"half":');
    expect((await inbox.list({ limit: 10 })).items.map(({ id }) => id)).toEqual(['other']);
    await send(message('m-1'));
    expect((await inbox.list({ limit: 10 })).items.map(({ id }) => id)).toEqual(['m-1', 'other']);
  });

  it.each(['../../etc/passwd', '..', 'a/b', '', 'x'.repeat(65)])('knows no message %j', async (id) => {
    expect(await inbox.get(id)).toBeUndefined();
  });

  it('refuses to open where there is no disk for it', () => {
    expect(() => plugin.open(plugin.config.parse(local), testHost())).toThrow(/local inbox needs a disk/);
  });
});

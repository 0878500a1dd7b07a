import type { AdminClient } from '../../builders/admin-client.js';
import { type Door, settled } from '../../builders/server-process.js';

export const READERS = 60;
const ENDS = ['completed', 'cancelled'];

interface Mail {
  to: string;
  subject: string;
}

/** Campaigns that are launched while the server is being killed, to people whom nothing else concerns. */
export class Campaigns {
  launched = 0;
  readonly #ids: string[] = [];
  readonly #mails: Mail[] = [];
  /** Messages that the platform says were sent, by subject and address. */
  readonly #told: string[] = [];
  #make: { channelId: string; templateId: string; segmentId: string } | undefined;

  async prepare(server: Door, admin: AdminClient): Promise<void> {
    const url = await server.listening;
    const users = Array.from({ length: READERS }, (_, reader) => ({
      messageId: `reader-${reader}`,
      userId: `reader-${reader}`,
      traits: { email: `reader-${reader}@example.com`, reader: true },
    }));
    const headers = { authorization: server.authorization, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/v1/users`, { method: 'POST', headers, body: JSON.stringify({ users }) });
    if (!answer.ok) throw new Error(await answer.text());
    await settled(url);
    const config = { provider: 'local', from: 'shop@example.com' };
    const channel = await admin.post<{ id: string }>('/channels', { channel: 'email', name: 'Inbox', config });
    const content = { subject: '{{ campaign.name }}', html: '<p>Hello</p>' };
    const template = await admin.post<{ id: string }>('/templates', { channel: 'email', name: 'Hello', content });
    const segment = await admin.segment('readers', { trait: 'reader', op: 'eq', value: true });
    if (segment.size !== READERS) throw new Error(`${segment.size} of ${READERS} readers are in the segment.`);
    this.#make = { channelId: channel.id, templateId: template.id, segmentId: segment.id };
  }

  async launch(admin: AdminClient): Promise<void> {
    if (!this.#make) throw new Error('Prepare first.');
    const { segmentId, ...by } = this.#make;
    const campaign = { name: `Campaign ${this.launched++}`, ...by, audience: { segmentId }, schedule: { type: 'now' } };
    const { id } = await admin.post<{ id: string }>('/campaigns', campaign);
    await admin.post(`/campaigns/${id}/launch`);
    this.#ids.push(id);
  }

  /** Waits for the end of every campaign, and reads what was sent from the inbox and what is told of it. */
  async finish(admin: AdminClient): Promise<void> {
    for (const [index, id] of this.#ids.entries()) {
      await admin.until<{ state: string }>(`/campaigns/${id}`, ({ state }) => ENDS.includes(state));
      const sent = await this.#pages<{ address: string }>(admin, `/campaigns/${id}/messages?state=sent&limit=1000`);
      this.#told.push(...sent.map(({ address }) => `Campaign ${index} ${address}`));
    }
    this.#mails.push(...(await this.#pages<Mail>(admin, '/local-inbox?limit=1000')));
  }

  sentTwice(): string[] {
    const times = new Map<string, number>();
    for (const { subject, to } of this.#mails) {
      const mail = `${subject} ${to}`;
      times.set(mail, (times.get(mail) ?? 0) + 1);
    }
    return [...times].filter(([, count]) => count > 1).map(([mail]) => mail);
  }

  /** What is told to be sent and is not in the inbox. */
  missing(): string[] {
    const there = new Set(this.#mails.map(({ subject, to }) => `${subject} ${to}`));
    return this.#told.filter((mail) => !there.has(mail));
  }

  async #pages<T>(admin: AdminClient, path: string): Promise<T[]> {
    const items: T[] = [];
    let cursor = '';
    for (;;) {
      const page = await admin.get<{ items: T[]; nextCursor: string | null }>(`${path}${cursor}`);
      items.push(...page.items);
      if (page.nextCursor === null) return items;
      cursor = `&cursor=${page.nextCursor}`;
    }
  }
}

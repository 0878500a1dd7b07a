import { createHash } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** A message as it would have arrived. */
export interface LocalMail {
  id: string;
  tenantId: string;
  profileId: string;
  campaignId?: string | undefined;
  from: string;
  to: string;
  subject: string;
  html?: string | undefined;
  text?: string | undefined;
  /** Names as they were written in the mail; the values are encoded as they would be on the wire. */
  headers: Record<string, string>;
  unsubscribe?: string | undefined;
  /** RFC 3339. */
  receivedAt: string;
}

export interface LocalMailPage {
  /** Newest first. */
  items: LocalMail[];
  nextCursor: string | null;
}

/**
 * A mailbox for everybody, kept in one directory: for development, demonstrations and tests. A message is kept once by its id however
 * often it is put, and is on disk when `put` comes back.
 *
 * `messages/ID.json` is the mail. `all/` and `to/ADDRESS-HASH/` hold hard links to it named by time, which make lists cheap; a link
 * whose mail was never completed is left out.
 */
export class LocalInbox {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Gives back false when a message of this id was there already; that one stays as it was. */
  async put(mail: LocalMail): Promise<boolean> {
    const file = this.#file(mail.id);
    if (file === undefined) throw new Error('A message id has 1 to 64 characters of A-Z a-z 0-9 _ -.');
    if (await this.has(mail.id)) return false;
    const entry = `${sortable(mail.receivedAt)}-${mail.id}`;
    const lists = [join(this.#directory, 'all'), this.#listOf(mail.to)];
    const messages = join(this.#directory, 'messages');
    const drafts = join(this.#directory, 'drafts');
    await Promise.all([...lists, messages, drafts].map((directory) => mkdir(directory, { recursive: true })));

    const draft = join(drafts, `${mail.id}-${process.pid}-${++drafted}`);
    const handle = await open(draft, 'w');
    try {
      await handle.writeFile(JSON.stringify(mail));
      await handle.sync();
    } finally {
      await handle.close();
    }
    try {
      for (const list of lists) await linkOnce(draft, join(list, entry));
      return await linkOnce(draft, file);
    } finally {
      await unlink(draft);
      await syncDirectory(messages);
    }
  }

  async has(id: string): Promise<boolean> {
    return (await this.get(id)) !== undefined;
  }

  async get(id: string): Promise<LocalMail | undefined> {
    const file = this.#file(id);
    if (file === undefined) return undefined;
    try {
      return JSON.parse(await readFile(file, 'utf8')) as LocalMail;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Newest first. `to` is compared without regard to case. */
  async list({
    to,
    limit,
    cursor,
  }: {
    to?: string | undefined;
    limit: number;
    cursor?: string | undefined;
  }): Promise<LocalMailPage> {
    const names = await listNames(to === undefined ? join(this.#directory, 'all') : this.#listOf(to));
    const items: LocalMail[] = [];
    let last: string | undefined;
    for (const name of names) {
      if (cursor !== undefined && name >= cursor) continue;
      if (items.length === limit) return { items, nextCursor: last ?? null };
      const mail = await this.get(name.slice(TIME_DIGITS + 1));
      // A crash between the links and the mail leaves links of an attempt that a later one replaced.
      if (mail === undefined || sortable(mail.receivedAt) !== name.slice(0, TIME_DIGITS)) continue;
      items.push(mail);
      last = name;
    }
    return { items, nextCursor: null };
  }

  #file(id: string): string | undefined {
    return /^[A-Za-z0-9_-]{1,64}$/.test(id) ? join(this.#directory, 'messages', `${id}.json`) : undefined;
  }

  #listOf(to: string): string {
    return join(this.#directory, 'to', createHash('sha256').update(to.toLowerCase()).digest('hex').slice(0, 32));
  }
}

let drafted = 0;

const TIME_DIGITS = 15;
const sortable = (time: string): string => String(Date.parse(time)).padStart(TIME_DIGITS, '0');

async function linkOnce(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** A new name is on disk once its directory is. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function listNames(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort().reverse();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

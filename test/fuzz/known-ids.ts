import type { Random } from './random.js';
import type { KnownIds } from './random-json.js';

const KEPT = 40;
/** What a request calls an id, and the collection that it comes from. */
const COLLECTION_OF: Record<string, string> = {
  channelId: 'channels',
  channelConfigId: 'channels',
  templateId: 'templates',
  segmentId: 'segments',
  segment: 'segments',
  profileId: 'profiles',
  with: 'profiles',
  mergeId: 'merges',
  messageId: 'messages',
};

/** Ids that answers told, so that random requests reach things that exist. */
export class HarvestedIds implements KnownIds {
  readonly #random: Random;
  readonly #ids = new Map<string, string[]>();
  readonly #protected = new Set<string>();

  constructor(random: Random) {
    this.#random = random;
  }

  idFor(name: string): string | undefined {
    const ids = this.#ids.get(Object.hasOwn(COLLECTION_OF, name) ? (COLLECTION_OF[name] as string) : name);
    return ids && this.#random.pick(ids);
  }

  /** Keeps it out: the run would lock itself out with it. */
  protect(id: string): void {
    this.#protected.add(id);
  }

  add(collection: string, id: string): void {
    if (this.#protected.has(id)) return;
    const ids = this.#ids.get(collection);
    if (!ids) this.#ids.set(collection, [id]);
    else if (ids.length < KEPT) ids.push(id);
    else ids[this.#random.int(KEPT)] = id;
  }

  /** Takes the ids out of an answer, be it of one thing or of a list. */
  harvest(path: string, body: string): void {
    const collection = /^\/(?:api\/)?v1\/(?:bulk\/)?([^/?]+)/.exec(path)?.[1];
    // Tenants, users and sessions stay out: the run would lock itself out of them.
    if (collection === undefined || ['tenants', 'users', 'auth'].includes(collection)) return;
    const answer = JSON.parse(body) as { id?: unknown; items?: unknown } | null;
    const items = Array.isArray(answer?.items) ? (answer.items as { id?: unknown }[]) : [answer ?? {}];
    for (const { id } of items) if (typeof id === 'string') this.add(collection, id);
  }
}

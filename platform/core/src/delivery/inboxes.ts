import type { HostInbox, InboxEntry } from '@cdp/plugin-kit';
import { type IdentityStore, partsOf } from '../identity/index.js';
import type { Clock, JsonObject } from '../kernel/index.js';
import type { ErasureLedger, ProfileStore } from '../profile/index.js';
import type { InboxStore } from './inbox-store.js';

export interface InboxesDeps {
  store: InboxStore;
  profiles: ProfileStore;
  identities: IdentityStore;
  erasures: ErasureLedger;
  clock: Clock;
}

/** Puts messages into inboxes, and keeps each in the inbox of who its person is now. */
export class Inboxes {
  readonly #deps: InboxesDeps;

  constructor(deps: InboxesDeps) {
    this.#deps = deps;
  }

  /** What a plugin is handed for one tenant and channel: it can reach no other. */
  doorFor(tenantId: string, channel: string): HostInbox {
    return { put: (entries) => this.#put(tenantId, channel, entries) };
  }

  /**
   * Follows a merge of `from` into another profile, or its undoing. By what the identity store says now, so it may be told in any
   * order and again.
   */
  async follow(tenantId: string, from: string): Promise<void> {
    const { store, identities } = this.#deps;
    const owner = await identities.successorOf(tenantId, from);
    await store.give(tenantId, await partsOf(identities, tenantId, from), owner);
  }

  /** Follows a merge; costs one look where neither inbox holds anything, as with most. */
  async merged(tenantId: string, from: string, into: string): Promise<void> {
    if (await this.#deps.store.holdsAny(tenantId, [from, into])) await this.follow(tenantId, from);
  }

  erase(tenantId: string, profileId: string): Promise<number> {
    return this.#deps.store.erase(tenantId, profileId);
  }

  async #put(tenantId: string, channel: string, entries: readonly InboxEntry[]): Promise<boolean[]> {
    const { store, profiles, clock } = this.#deps;
    const documents = await profiles.getMany(
      tenantId,
      entries.map((entry) => entry.profileId),
    );
    const known = entries.filter((_, index) => {
      const state = documents[index]?.state;
      return state !== undefined && state !== 'erased';
    });
    const sentAt = clock.now();
    await store.put(
      tenantId,
      known.map(({ content, ...entry }) => ({ ...entry, channel, content: content as JsonObject, sentAt })),
    );
    const gone = await this.#catchUp(tenantId, [...new Set(known.map((entry) => entry.profileId))]);
    const isIn = new Set(known.filter((entry) => !gone.has(entry.profileId)));
    return entries.map((entry) => isIn.has(entry));
  }

  /**
   * A merge or an erasure of one of these people may have passed by just before their messages were there. Looked at only after they are: whatever
   * is decided later finds them. Answers who is erased.
   */
  async #catchUp(tenantId: string, profileIds: readonly string[]): Promise<Set<string>> {
    const { store, identities, erasures } = this.#deps;
    const successors = await identities.successorsOf(tenantId, profileIds);
    for (const profileId of successors.keys()) await this.follow(tenantId, profileId);
    const erased = new Set(await erasures.erasedAmong(tenantId, [...profileIds, ...successors.values()]));
    const gone = profileIds.filter((id) => erased.has(id) || erased.has(successors.get(id) ?? id));
    for (const profileId of gone) await store.erase(tenantId, profileId);
    return new Set(gone);
  }
}

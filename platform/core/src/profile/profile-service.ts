import type { Identifier, IdentifierType, IdentityResolver, IdentityStore, LedgerEntry } from '../identity/index.js';
import { identifierKey, partsOf, usableIdentifier } from '../identity/index.js';
import { enriched, ledgerRecords } from '../inbound/index.js';
import { type Clock, conflict, type Ids, invalid, notFound, type Page, type PageRequest } from '../kernel/index.js';
import type { EventLog } from '../log/index.js';
import type { Erasure, ErasureLedger, ErasureReceipt } from './erasure-ledger.js';
import type { EventStore, StoredEvent, TimelineQuery } from './event-store.js';
import type { ProfileDocument } from './profile-document.js';
import type { ProfileStore } from './profile-store.js';

export interface ProfileServiceParts {
  profiles: ProfileStore;
  events: EventStore;
  identities: IdentityStore;
  resolver: IdentityResolver;
  erasures: ErasureLedger;
  log: EventLog;
  clock: Clock;
  ids: Ids;
  typesOf: (tenantId: string) => readonly IdentifierType[];
  /** For how long the log keeps what it was told, in milliseconds. */
  logRetentionMs: number;
}

/** Where a merge or its undoing stands. */
export interface MergeReceipt {
  id: string;
  state: 'pending' | 'done';
  winner: string;
  loser: string;
  undone: boolean;
}

/** Profiles one at a time: read, merge, take apart, erase. */
export class ProfileService {
  readonly #parts: ProfileServiceParts;

  constructor(parts: ProfileServiceParts) {
    this.#parts = parts;
  }

  /** The document, or of a merged one the id of the profile that it is part of now. Erased and unknown ones are not found. */
  async get(tenantId: string, id: string): Promise<{ document: ProfileDocument } | { mergedInto: string }> {
    const document = await this.#parts.profiles.get(tenantId, id);
    if (document?.state === 'merged') return { mergedInto: await this.#parts.identities.successorOf(tenantId, id) };
    if (document?.state !== 'active') throw notFound('profile');
    return { document };
  }

  /** The profile that an identifier such as `userId:42` names. */
  async byIdentifier(tenantId: string, text: string): Promise<ProfileDocument | undefined> {
    const { identities, profiles, resolver } = this.#parts;
    const identifier = this.#parseIdentifier(tenantId, text);
    if (!identifier) return undefined;
    const last = resolver.lastOwner(tenantId, identifier);
    const known = last === undefined ? undefined : await profiles.get(tenantId, last);
    if (known?.state === 'active' && has(known, identifier)) return known;
    const owner = await resolver.owner(tenantId, identifier);
    const document = owner === undefined ? undefined : await profiles.get(tenantId, owner);
    if (document?.state === 'merged')
      return profiles.get(tenantId, await identities.successorOf(tenantId, document.id));
    return document?.state === 'active' ? document : undefined;
  }

  /**
   * Id of the profile that an identifier such as `userId:42` names, without reading the profile.
   *
   * @throws CdpError `invalid` where it is none, or of a type that the tenant does not have.
   */
  async ownerOf(tenantId: string, text: string): Promise<string | undefined> {
    const identifier = this.#parseIdentifier(tenantId, text);
    return identifier && this.#parts.resolver.owner(tenantId, identifier);
  }

  /** The same for many in one look; those that name nobody, whatever the reason, are left out. */
  async ownersOf(tenantId: string, texts: readonly string[]): Promise<Map<string, string>> {
    const types = this.#parts.typesOf(tenantId);
    const asked = texts.flatMap((text) => {
      const identifier = identifierIn(text, types);
      return identifier ? [{ text, identifier }] : [];
    });
    const links = await this.#parts.identities.find(
      tenantId,
      asked.map(({ identifier }) => identifier),
    );
    const owners = new Map(links.map((link) => [identifierKey(link), link.profileId]));
    return new Map(
      asked.flatMap(({ text, identifier }) => {
        const owner = owners.get(identifierKey(identifier));
        return owner === undefined ? [] : [[text, owner]];
      }),
    );
  }

  async many(tenantId: string, ids: readonly string[]): Promise<ProfileDocument[]> {
    const documents = await this.#parts.profiles.getMany(tenantId, ids);
    return documents.filter((document) => document?.state === 'active') as ProfileDocument[];
  }

  async timeline(tenantId: string, id: string, query: TimelineQuery): Promise<Page<StoredEvent>> {
    await this.#active(tenantId, id);
    return this.#parts.events.timeline(tenantId, id, query);
  }

  async merges(tenantId: string, id: string, page: PageRequest): Promise<Page<LedgerEntry>> {
    return this.#parts.identities.ledger(tenantId, id, page);
  }

  /** Makes two profiles one, whatever the limits of the identity settings say; the older goes on. */
  async merge(tenantId: string, id: string, other: string): Promise<MergeReceipt> {
    if (id === other) throw invalid('with', 'A profile cannot be merged with itself.');
    await this.#active(tenantId, id);
    await this.#active(tenantId, other);
    const { identities, ids, clock, resolver } = this.#parts;
    const [winner, loser] = id < other ? [id, other] : [other, id];
    const merge = { mergeId: ids.next(), winner, loser, at: clock.now(), cause: 'asked for' };
    if (!(await identities.commit(tenantId, { links: [], merges: [merge] })))
      throw conflict('One of the two profiles changed at the same moment; look at it again.');
    await this.#publish(tenantId, { ...merge, state: 'pending' });
    resolver.forget(tenantId, await identities.linksOf(tenantId, [winner]));
    return { id: merge.mergeId, state: 'pending', winner, loser, undone: false };
  }

  /** Takes a merge back: each profile has what it had, and what happened since stays with the one that went on. */
  async unmerge(tenantId: string, id: string, mergeId: string): Promise<MergeReceipt> {
    const { identities, resolver } = this.#parts;
    const entry = await identities.entry(tenantId, mergeId);
    if (!entry || (entry.winner !== id && entry.loser !== id)) throw notFound('merge of this profile');
    const undone = await identities.undo(tenantId, mergeId);
    if (!undone) throw conflict('This merge is already undone.');
    await this.#publish(tenantId, undone);
    resolver.forget(tenantId, undone.moved);
    return { id: mergeId, state: 'pending', winner: undone.winner, loser: undone.loser, undone: true };
  }

  async mergeReceipt(tenantId: string, mergeId: string): Promise<MergeReceipt> {
    const { identities, profiles } = this.#parts;
    const entry = await identities.entry(tenantId, mergeId);
    if (!entry) throw notFound('merge');
    const [winner, loser] = await profiles.getMany(tenantId, [entry.winner, entry.loser]);
    const undone = entry.state === 'undoing' || entry.state === 'undone';
    const absorbed = winner?.absorbed?.[mergeId] !== undefined;
    const done = undone ? !absorbed && loser?.state === 'active' : absorbed || winner?.state !== 'active';
    return { id: mergeId, state: done ? 'done' : 'pending', winner: entry.winner, loser: entry.loser, undone };
  }

  /** Erases a person everywhere; what was merged into the profile goes with it. */
  async erase(tenantId: string, id: string): Promise<ErasureReceipt> {
    const { erasures, ids, clock } = this.#parts;
    const earlier = await erasures.ofProfile(tenantId, id);
    if (earlier) return earlier;
    await this.#active(tenantId, id);
    const erasure: Erasure = {
      id: ids.next(),
      tenantId,
      profileId: id,
      parts: await partsOf(this.#parts.identities, tenantId, id),
      requestedAt: clock.now(),
    };
    await erasures.open(tenantId, erasure);
    await this.#send(erasure);
    return this.receipt(tenantId, erasure.id);
  }

  /** Goes on with erasures that a crash left between their receipt and the log. Before the first batch. */
  async recover(): Promise<void> {
    for (;;) {
      const unsent = await this.#parts.erasures.unsent(100);
      if (unsent.length === 0) return;
      for (const erasure of unsent) await this.#send(erasure);
    }
  }

  async #send({ id, tenantId, profileId, parts, requestedAt }: Erasure): Promise<void> {
    const { identities, erasures, log, resolver, logRetentionMs } = this.#parts;
    const erased = await identities.erase(tenantId, profileId, requestedAt);
    resolver.forget(tenantId, erased);
    const kept = 'their fingerprints stay to keep late events out';
    await erasures.done(tenantId, id, 'identity', '', `${erased.length} identifiers; ${kept}`);
    await log.append(
      parts.map((part) => enriched({ kind: 'erase', tenantId, profileId: part, receiptId: id, at: requestedAt })),
    );
    const gone = new Date(requestedAt + logRetentionMs).toISOString();
    await erasures.done(tenantId, id, 'log', '', `closed by a tombstone; what came in before is gone by ${gone}`);
  }

  async receipt(tenantId: string, receiptId: string): Promise<ErasureReceipt> {
    const receipt = await this.#parts.erasures.get(tenantId, receiptId);
    if (!receipt) throw notFound('receipt');
    return receipt;
  }

  async #active(tenantId: string, id: string): Promise<ProfileDocument> {
    const document = await this.#parts.profiles.get(tenantId, id);
    if (document?.state !== 'active') throw notFound('profile');
    return document;
  }

  async #publish(tenantId: string, entry: Omit<LedgerEntry, 'moved' | 'cause'>): Promise<void> {
    await this.#parts.log.append(ledgerRecords(tenantId, entry));
    await this.#parts.identities.announce(tenantId, [entry.mergeId]);
  }

  #parseIdentifier(tenantId: string, text: string): Identifier | undefined {
    const colon = text.indexOf(':');
    if (colon < 1) throw invalid('identifier', 'Write the type, a colon and the value, such as userId:42.');
    const types = this.#parts.typesOf(tenantId);
    const type = text.slice(0, colon);
    if (!types.some((known) => known.type === type))
      throw invalid('identifier', `${type} is not an identifier type of this tenant.`);
    return identifierIn(text, types);
  }
}

/** Undefined where the type is not known, or the value is one that names nobody. */
function identifierIn(text: string, types: readonly IdentifierType[]): Identifier | undefined {
  const colon = text.indexOf(':');
  const type = text.slice(0, Math.max(0, colon));
  const rule = types.find((known) => known.type === type);
  return rule && usableIdentifier({ type, value: text.slice(colon + 1) }, rule);
}

const has = ({ identifiers }: ProfileDocument, { type, value }: Identifier): boolean =>
  identifiers.some((one) => one.type === type && one.value === value);

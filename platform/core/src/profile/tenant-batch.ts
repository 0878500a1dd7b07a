import { enriched } from '../inbound/index.js';
import { type LogRecord, TOPICS } from '../log/index.js';
import type { AbsorbRecord, ProfileRecord } from './absorb-record.js';
import { absorb, applyEvent, emptyDocument, forgetDerived, release } from './apply-record.js';
import type { StoredEvent } from './event-store.js';
import type { MembershipChange, Outcome, ProfileDocument } from './profile-document.js';
import type { ProfileChange } from './profile-reaction.js';

/** What one batch means for the profiles of one tenant, worked out in memory. */
export class TenantBatch {
  readonly changes = new Map<string, ProfileChange>();
  /** Events to store, under the profile that they belong to now. */
  readonly events: StoredEvent[] = [];
  /** Records for other profiles: late ones of merged profiles, and states to absorb. */
  readonly forwards: LogRecord[] = [];
  /** Documents that were written by a delivery before this one: their outcome is told again. */
  readonly told: ProfileDocument[] = [];
  readonly moved: { from: string; to: string }[] = [];
  readonly restored: string[] = [];
  readonly erased: { profileId: string; receiptId: string; version: number }[] = [];
  readonly #tenantId: string;
  /** Events of records below this offset are in the event store already. */
  readonly #storedBelow: number;
  readonly #left: MembershipChange[] = [];
  /** What the last write of a profile led to that is written again in this batch, before that was told. */
  readonly #untold = new Map<string, Outcome>();
  readonly #records = new Map<string, { record: ProfileRecord; offset: number }[]>();

  constructor(tenantId: string, storedBelow: number) {
    this.#tenantId = tenantId;
    this.#storedBelow = storedBelow;
  }

  add(record: ProfileRecord, offset: number): void {
    const same = this.#records.get(record.profileId);
    if (same) same.push({ record, offset });
    else this.#records.set(record.profileId, [{ record, offset }]);
  }

  profileIds(): string[] {
    return [...this.#records.keys()];
  }

  apply(ids: readonly string[], documents: readonly (ProfileDocument | undefined)[]): void {
    ids.forEach((id, index) => {
      this.#applyTo(id, documents[index]);
    });
  }

  /** Memberships that ended because their profile was merged away. */
  get left(): readonly MembershipChange[] {
    return this.#left;
  }

  /** The documents as they are to be written, each with what its writing leads to. */
  finish(memberships: readonly MembershipChange[]): ProfileDocument[] {
    const byProfile = new Map<string, MembershipChange[]>();
    for (const change of memberships) {
      const same = byProfile.get(change.profileId);
      if (same) same.push(change);
      else byProfile.set(change.profileId, [change]);
    }
    return [...this.changes.values()].map(({ document, created, news }) => {
      const before = this.#untold.get(document.id);
      const changes = [...(before?.changes ?? []), ...(byProfile.get(document.id) ?? [])];
      const updated = news || before?.updated === true;
      if (updated || changes.length > 0)
        document.outcome = { created: created || before?.created === true, updated, changes };
      else delete document.outcome;
      return document;
    });
  }

  #applyTo(id: string, stored: ProfileDocument | undefined): void {
    let change: ProfileChange | undefined;
    let again = false;
    for (const { record, offset } of this.#records.get(id) ?? []) {
      const document = change?.document ?? stored;
      const written = document !== undefined && offset < document.version;
      if (
        record.kind === 'event' &&
        offset >= this.#storedBelow &&
        (document === undefined || document.state === 'active')
      )
        this.events.push({ ...record.event, profileId: id });
      if (record.kind === 'unmerge' && record.restored === id)
        this.forwards.push(enriched({ ...record, profileId: record.winner }));
      if (written) {
        again = true;
        this.#tellAgain(record, document);
      } else if (document?.state === 'merged' && record.kind !== 'unmerge' && record.kind !== 'erase') {
        // No trace of a forwarded record is left here, so a redelivery forwards it again, and the commit makes it one.
        this.#forward(record, document.mergedInto as string);
      } else if (document?.state !== 'erased') {
        change ??= this.#changeOf(id, stored, record);
        this.#applyRecord(change, record, offset);
        change.document.version = offset + 1;
      }
    }
    if (change && change.document.state !== 'erased') {
      this.changes.set(id, change);
      // The batch is cut otherwise than when it came before: what the write led to then is told with this one.
      if (again && stored?.outcome) this.#untold.set(id, stored.outcome);
    } else if (again && stored && stored.state !== 'erased') this.told.push(stored);
  }

  #changeOf(id: string, stored: ProfileDocument | undefined, record: ProfileRecord): ProfileChange {
    const at = record.kind === 'event' ? record.event.timestamp : record.at;
    return {
      document: stored ?? emptyDocument(this.#tenantId, id, at),
      created: stored === undefined,
      blank: stored === undefined,
      events: [],
      traits: new Set(),
      news: stored === undefined,
      consents: false,
      devices: false,
      everything: false,
    };
  }

  #applyRecord(change: ProfileChange, record: ProfileRecord, offset: number): void {
    const { document } = change;
    switch (record.kind) {
      case 'event':
        applyEvent(change, record);
        return;
      case 'absorb':
        absorb(change, record);
        return;
      case 'merge':
        this.#leaveSegments(document, record.at);
        this.#handOver(document, record.into, record.mergeId, record.at);
        document.state = 'merged';
        document.mergedInto = record.into;
        document.memberships = {};
        delete document.nextDueAt;
        forgetDerived(change);
        return;
      case 'unmerge':
        if (record.restored !== document.id) release(change, record);
        else if (document.state === 'merged') {
          document.state = 'active';
          delete document.mergedInto;
          forgetDerived(change);
          this.restored.push(document.id);
        }
        return;
      case 'erase':
        document.state = 'erased';
        this.erased.push({ profileId: document.id, receiptId: record.receiptId, version: offset + 1 });
        return;
      case 'tick':
        change.everything = true;
    }
  }

  /** Effects of a record whose document is already written but whose outputs may not have reached the log. */
  #tellAgain(record: ProfileRecord, document: ProfileDocument): void {
    if (record.kind === 'merge' && document.mergedInto === record.into)
      this.#handOver(document, record.into, record.mergeId, record.at);
    if (record.kind === 'unmerge' && record.restored === document.id) this.restored.push(document.id);
    if (record.kind === 'erase' && document.state === 'erased')
      this.erased.push({ profileId: document.id, receiptId: record.receiptId, version: document.version });
  }

  #handOver(document: ProfileDocument, into: string, mergeId: string, at: number): void {
    this.moved.push({ from: document.id, to: into });
    const { outcome: _, ...state } = document;
    const from: ProfileDocument = { ...state, aggregates: {}, memberships: {} };
    this.forwards.push(absorbRecord({ kind: 'absorb', tenantId: this.#tenantId, profileId: into, mergeId, at, from }));
  }

  #forward(record: ProfileRecord, successor: string): void {
    if (record.kind === 'event') this.forwards.push(enriched({ ...record, profileId: successor }));
    else if (record.kind === 'absorb') this.forwards.push(absorbRecord({ ...record, profileId: successor }));
  }

  #leaveSegments(document: ProfileDocument, at: number): void {
    // The merge may have been decided before its profile was found to enter.
    for (const [segmentId, { member, since }] of Object.entries(document.memberships))
      if (member) this.#left.push({ segmentId, profileId: document.id, change: 'exited', at: Math.max(at, since + 1) });
  }
}

const absorbRecord = (record: AbsorbRecord): LogRecord => ({
  topic: TOPICS.enriched,
  key: record.profileId,
  value: Buffer.from(JSON.stringify(record)),
});

import type { Clock } from '../kernel/index.js';
import { type Batch, type LogRecord, TOPICS } from '../log/index.js';
import type { ProfileRecord } from './absorb-record.js';
import type { ErasureLedger } from './erasure-ledger.js';
import type { EventStore, StoredEvent } from './event-store.js';
import type { MembershipChange, ProfileDocument } from './profile-document.js';
import type { ProfileProjection } from './profile-projection.js';
import type { ProfileReaction } from './profile-reaction.js';
import type { ProfileStore } from './profile-store.js';
import { TenantBatch } from './tenant-batch.js';

export interface ProfileWriterParts {
  profiles: ProfileStore;
  events: EventStore;
  projection: ProfileProjection;
  reaction: ProfileReaction;
  erasures: ErasureLedger;
  clock: Clock;
  /**
   * False once the tenant was deleted: what the log still holds of it must not bring it back. Asked once for each tenant
   * of a batch.
   */
  isKnown: (tenantId: string) => boolean | Promise<boolean>;
}

/**
 * Writes profiles from `cdp.events.enriched`, of which each partition has one writer at a time.
 *
 * Of a batch every profile is read and written once. The order of the steps makes a redelivery harmless: events by the
 * batch's position, memberships by their end, documents by their version; what a document's last write led to stands
 * on the document, so that it is told again when the commit after it was lost.
 */
export class ProfileWriter {
  readonly #parts: ProfileWriterParts;

  constructor(parts: ProfileWriterParts) {
    this.#parts = parts;
  }

  async handle(batch: Batch): Promise<LogRecord[]> {
    const { events, projection } = this.#parts;
    const tenants = await this.#read(batch, (await events.appliedPosition(batch.partition)) ?? 0);
    const stored = new Map<string, StoredEvent[]>();
    for (const [tenantId, tenant] of tenants) if (tenant.events.length > 0) stored.set(tenantId, tenant.events);
    const last = batch.records[batch.records.length - 1];
    const position = { partition: batch.partition, next: (last?.offset ?? -1) + 1 };
    await events.append(stored, position);
    const outputs: LogRecord[] = [];
    for (const [tenantId, tenant] of tenants) outputs.push(...(await this.#write(tenantId, tenant, position.next)));
    projection.reached(position);
    return outputs;
  }

  async #read(batch: Batch, storedBelow: number): Promise<Map<string, TenantBatch>> {
    const tenants = new Map<string, TenantBatch>();
    for (const { offset, value } of batch.records) {
      const record = JSON.parse(value.toString('utf8')) as ProfileRecord;
      let tenant = tenants.get(record.tenantId);
      if (!tenant) {
        tenant = new TenantBatch(record.tenantId, storedBelow);
        tenants.set(record.tenantId, tenant);
      }
      tenant.add(record, offset);
    }
    for (const tenantId of [...tenants.keys()]) if (!(await this.#parts.isKnown(tenantId))) tenants.delete(tenantId);
    for (const [tenantId, tenant] of tenants) {
      const ids = tenant.profileIds();
      tenant.apply(ids, await this.#parts.profiles.getMany(tenantId, ids));
    }
    return tenants;
  }

  async #write(tenantId: string, tenant: TenantBatch, next: number): Promise<LogRecord[]> {
    const { profiles, events, projection, reaction, clock } = this.#parts;
    for (const { from, to } of tenant.moved) await events.moveHistory(tenantId, from, to);
    for (const profileId of tenant.restored) await events.restoreHistory(tenantId, profileId);
    const changes = [...tenant.changes.values()];
    const memberships = [...tenant.left, ...(changes.length > 0 ? await reaction.react(tenantId, changes) : [])];
    const documents = tenant.finish(memberships);
    // The document first: it is the decision, and what follows from it can be told again from it.
    const refused = new Set(documents.length > 0 ? await profiles.putMany(tenantId, documents) : []);
    const written = refused.size === 0 ? documents : documents.filter(({ id }) => !refused.has(id));
    const told = refused.size === 0 ? tenant.told : [...tenant.told, ...(await this.#ahead(tenantId, refused, next))];
    const known = [...written, ...told];
    // Documents that are told again may stand for older writes that the projection lost: all of them go.
    await projection.project(
      tenantId,
      [...written.filter(({ outcome }) => outcome?.updated), ...told],
      known.flatMap(({ outcome }) => outcome?.changes ?? []),
    );
    for (const erasure of tenant.erased) await this.#erase(tenantId, erasure);
    const at = clock.now();
    return [
      ...tenant.forwards,
      ...known.flatMap((document) => announcements(document, at)),
      ...tenant.erased.map(({ profileId }) => record(TOPICS.profileDeleted, { tenantId, profileId, at })),
    ];
  }

  /**
   * Whoever had the partition before wrote these as far or further, and could not commit: their word stands, and what was worked out
   * here is none. What their last write led to is told with the batch that its last record is in, which may be a later one.
   */
  async #ahead(tenantId: string, ids: ReadonlySet<string>, next: number): Promise<ProfileDocument[]> {
    const documents = await this.#parts.profiles.getMany(tenantId, [...ids]);
    return documents.filter(
      (document) => document !== undefined && document.state !== 'erased' && document.version <= next,
    ) as ProfileDocument[];
  }

  async #erase(
    tenantId: string,
    { profileId, receiptId, version }: { profileId: string; receiptId: string; version: number },
  ): Promise<void> {
    const { profiles, events, projection, erasures } = this.#parts;
    const count = await events.erase(tenantId, profileId);
    await erasures.done(tenantId, receiptId, 'events', profileId, `${count} events`);
    await projection.erase(tenantId, profileId);
    await erasures.done(tenantId, receiptId, 'audience', profileId, 'rows of segments and rules');
    await profiles.erase(tenantId, profileId, version);
    await erasures.done(tenantId, receiptId, 'profiles', profileId, 'the document; a tombstone without content stays');
  }
}

function announcements(document: ProfileDocument, at: number): LogRecord[] {
  const { tenantId, id: profileId, version, outcome } = document;
  if (!outcome && document.state !== 'merged') return NOTHING;
  const records: LogRecord[] = [];
  if (document.state === 'merged')
    records.push(record(TOPICS.profileMerged, { tenantId, profileId, into: document.mergedInto, version, at }));
  else {
    if (outcome?.created) records.push(record(TOPICS.profileCreated, { tenantId, profileId, version, at }));
    if (outcome?.updated) records.push(record(TOPICS.profileUpdated, { tenantId, profileId, version, at }));
  }
  for (const change of outcome?.changes ?? []) records.push(membershipRecord(tenantId, change, 'live'));
  return records;
}

/**
 * Tells a membership change: one that a profile's own writer found, by an event or by time, a difference of a build, or the end
 * of the segment.
 */
export const membershipRecord = (
  tenantId: string,
  change: MembershipChange,
  cause: 'live' | 'build' | 'deleted',
): LogRecord => record(TOPICS.membership, { tenantId, ...change, cause });

const NOTHING: LogRecord[] = [];

const record = (topic: string, value: { profileId: string; [field: string]: unknown }): LogRecord => ({
  topic,
  key: value.profileId,
  value: Buffer.from(JSON.stringify(value)),
});

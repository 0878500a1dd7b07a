import type {
  Identifier,
  IdentifierType,
  IdentityResolver,
  IdentityStore,
  Merge,
  Resolution,
} from '../identity/index.js';
import type { RawMessage, RejectedEvent } from '../ingest/index.js';
import type { Clock, Ids } from '../kernel/index.js';
import { type Batch, type EventLog, type LogRecord, TOPICS } from '../log/index.js';
import { identifiersOf } from './call-identifiers.js';
import type { Deduper } from './deduper.js';
import type { EventRecord } from './enriched-record.js';
import { enriched, ledgerRecords } from './enriched-topic.js';
import { eventRecord, tokenFingerprint } from './event-record.js';
import { eventTime } from './event-time.js';
import type { GeoLocator } from './geo-locator.js';

export interface InboundParts {
  deduper: Deduper;
  identities: IdentityStore;
  resolver: IdentityResolver;
  geo: GeoLocator;
  clock: Clock;
  ids: Ids;
  typesOf: (tenantId: string) => readonly IdentifierType[];
  /** Whether and for how long (milliseconds) a second message with the same id is left out. */
  dedupeOf: (tenantId: string) => { enabled: boolean; windowMs: number };
  /**
   * False once the tenant was deleted: what the log still holds of it must not bring it back. Asked once for each tenant
   * of a batch.
   */
  isKnown: (tenantId: string) => boolean | Promise<boolean>;
  /** Counts what was left out because it came before; a metric. */
  onDuplicates?: (tenantId: string, count: number) => void;
}

interface Decided {
  /** The offset after the last record of the batch. */
  next: number;
  merges: { tenantId: string; merge: Merge }[];
}

interface Work {
  message: RawMessage;
  timestamp: number;
  identifiers: Identifier[];
  /** Whose it is, once that is known. */
  resolution?: Resolution;
  refusal?: { code: string; path: string; message: string };
  /** Whose the push token was that it registers. */
  formerOwner?: string;
}

/** Turns what came in at the door into events of profiles: each message once, timed, enriched and resolved. */
export class InboundProcessor {
  readonly #parts: InboundParts;
  /** By partition: merges decided in the batch that came last. It is committed once a later one comes; until then it may come again. */
  readonly #decided = new Map<number, Decided>();

  constructor(parts: InboundParts) {
    this.#parts = parts;
  }

  /** Publishes merges and their undoings that a crash left between the identity store and the log. Before the first batch. */
  async recover(log: EventLog, olderThanMs = 0): Promise<void> {
    const before = this.#parts.clock.now() - olderThanMs;
    for (;;) {
      const unannounced = await this.#parts.identities.unannounced(1_000);
      const entries = unannounced.filter(({ entry }) => entry.at <= before);
      if (entries.length === 0) return;
      await log.append(entries.flatMap(({ tenantId, entry }) => ledgerRecords(tenantId, entry)));
      for (const { tenantId, entry } of entries) await this.#parts.identities.announce(tenantId, [entry.mergeId]);
    }
  }

  async handle(batch: Batch): Promise<LogRecord[]> {
    const decided = await this.#decidedBefore(batch);
    const works = await this.#ofKnownTenants(await this.#firstOccurrences(batch));
    const byTenant = new Map<string, Work[]>();
    for (const work of works) {
      const same = byTenant.get(work.message.tenantId);
      if (same) same.push(work);
      else byTenant.set(work.message.tenantId, [work]);
    }
    for (const [tenantId, ofTenant] of byTenant) {
      await this.#resolve(tenantId, ofTenant);
      for (const { resolution } of ofTenant)
        for (const merge of resolution?.merges ?? []) decided.merges.push({ tenantId, merge });
    }
    // All that the batch ever led to: where it comes again, its merges stand in the identity store and are not decided anew.
    const outputs = decided.merges.flatMap(({ tenantId, merge }) =>
      ledgerRecords(tenantId, { ...merge, state: 'pending' }),
    );
    for (const work of works) {
      if (work.refusal) outputs.push(this.#rejection(work));
      else if (work.resolution) {
        if (work.formerOwner !== undefined) outputs.push(enriched(deviceTakenOver(work, work.formerOwner)));
        outputs.push(enriched(eventRecord(work.message, work.timestamp, work.resolution, this.#parts.geo)));
      }
    }
    return outputs;
  }

  /** What the same batch led to when it came before; of a batch before it the merges are in the log, and announced. */
  async #decidedBefore({ partition, records }: Batch): Promise<Decided> {
    const first = records[0]?.offset ?? 0;
    let decided = this.#decided.get(partition);
    if (decided && first >= decided.next) {
      for (const [tenantId, merges] of Map.groupBy(decided.merges, (one) => one.tenantId))
        await this.#parts.identities.announce(
          tenantId,
          merges.map(({ merge }) => merge.mergeId),
        );
      decided = undefined;
    }
    decided ??= { next: 0, merges: [] };
    decided.next = Math.max(decided.next, (records.at(-1)?.offset ?? 0) + 1);
    this.#decided.set(partition, decided);
    return decided;
  }

  async #firstOccurrences(batch: Batch): Promise<Work[]> {
    const messages = batch.records.map(({ value }) => JSON.parse(value.toString('utf8')) as RawMessage);
    const seen = await this.#parts.deduper.claim(
      messages.map(({ tenantId, receivedAt, call }, index) => ({
        tenantId,
        messageId: call.messageId,
        withinMs: this.#parts.dedupeOf(tenantId).windowMs,
        partition: batch.partition,
        offset: batch.records[index]?.offset ?? 0,
        receivedAt,
      })),
    );
    const works: Work[] = [];
    const duplicates = new Map<string, number>();
    messages.forEach((message, index) => {
      const first = seen[index];
      const isFirst = first?.partition === batch.partition && first.offset === batch.records[index]?.offset;
      if (isFirst || !this.#parts.dedupeOf(message.tenantId).enabled) works.push(this.#prepare(message));
      else duplicates.set(message.tenantId, (duplicates.get(message.tenantId) ?? 0) + 1);
    });
    for (const [tenantId, count] of duplicates) this.#parts.onDuplicates?.(tenantId, count);
    return works;
  }

  async #ofKnownTenants(works: Work[]): Promise<Work[]> {
    const gone = new Set<string>();
    for (const tenantId of new Set(works.map(({ message }) => message.tenantId)))
      if (!(await this.#parts.isKnown(tenantId))) gone.add(tenantId);
    return gone.size === 0 ? works : works.filter(({ message }) => !gone.has(message.tenantId));
  }

  #prepare(message: RawMessage): Work {
    const timestamp = eventTime(message);
    if (message.profileId !== undefined)
      return {
        message,
        timestamp,
        identifiers: [],
        resolution: { profileId: message.profileId, created: false, gained: [], merges: [] },
      };
    return { message, timestamp, identifiers: identifiersOf(message.call, this.#parts.typesOf(message.tenantId)) };
  }

  async #resolve(tenantId: string, works: readonly Work[]): Promise<void> {
    const open: Work[] = [];
    for (const work of works) {
      if (work.resolution) continue;
      if (work.identifiers.length > 0) open.push(work);
      else if (work.message.call.event !== 'Device Removed') work.refusal = NOBODY;
    }
    const resolutions = await this.#parts.resolver.resolve(
      tenantId,
      open.map(({ identifiers, timestamp, message }) => ({
        identifiers,
        at: timestamp,
        explicit: message.call.type === 'alias',
      })),
    );
    open.forEach((work, index) => {
      const resolution = resolutions[index];
      if (resolution === undefined || resolution === 'erased') work.refusal = ERASED;
      else work.resolution = resolution;
    });
    await this.#followTokens(tenantId, works);
  }

  /**
   * A push token belongs to the person who registered it last, and whoever had it before loses it: what is sent there now
   * reaches somebody else. A removal may name the token alone.
   */
  async #followTokens(tenantId: string, works: readonly Work[]): Promise<void> {
    const devices = works.flatMap((work) => {
      const token = work.message.call.type === 'device' ? work.message.call.properties?.token : undefined;
      return typeof token === 'string' ? [{ work, value: tokenFingerprint(token) }] : [];
    });
    if (devices.length === 0) return;
    const asked = devices.map(({ value }) => ({ type: DEVICE, value }));
    const known = await this.#parts.identities.find(tenantId, asked);
    const owners = new Map(known.map(({ value, profileId }) => [value, profileId]));
    const registered = new Map<string, string>();
    for (const { work, value } of devices) {
      if (work.resolution) {
        if (work.message.call.event !== 'Device Registered') continue;
        const owner = owners.get(value);
        if (owner !== undefined && owner !== work.resolution.profileId) work.formerOwner = owner;
        owners.set(value, work.resolution.profileId);
        registered.set(value, work.resolution.profileId);
      } else if (!work.refusal) {
        const profileId = owners.get(value);
        if (profileId === undefined) work.refusal = UNKNOWN_DEVICE;
        else work.resolution = { profileId, created: false, gained: [], merges: [] };
      }
    }
    if (registered.size > 0)
      await this.#parts.identities.assign(
        tenantId,
        [...registered].map(([value, profileId]) => ({ type: DEVICE, value, profileId })),
      );
  }

  #rejection({ message, refusal = NOBODY }: Work): LogRecord {
    const rejected: RejectedEvent = {
      id: this.#parts.ids.next(),
      tenantId: message.tenantId,
      appId: message.appId,
      receivedAt: message.receivedAt,
      messageId: message.call.messageId,
      ...refusal,
      // What came for an erased person is not kept, not even as a refusal.
      payload: refusal === ERASED ? '{}' : JSON.stringify(message.call),
    };
    return { topic: TOPICS.rejected, key: message.tenantId, value: Buffer.from(JSON.stringify(rejected)) };
  }
}

const NOBODY = {
  code: 'no_identifier',
  path: 'userId',
  message:
    'None of its identifiers can name a person: they are empty, blocked, or of no type that the tenant resolves.',
};

const ERASED = { code: 'erased', path: 'userId', message: 'It is from before the erasure of the person it names.' };

/** Tokens are kept beside the identifiers, under a type that no tenant resolves people by. */
const DEVICE = 'device';

/** Tells the profile that had the token that it is gone. */
const deviceTakenOver = ({ message, timestamp }: Work, profileId: string): EventRecord => ({
  kind: 'event',
  tenantId: message.tenantId,
  profileId,
  event: {
    messageId: `${message.call.messageId}/taken-over`,
    type: 'device',
    name: 'Device Removed',
    timestamp,
    receivedAt: message.receivedAt,
    properties: { token: message.call.properties?.token as string },
    context: {},
    source: message.appId,
  },
});

const UNKNOWN_DEVICE = {
  code: 'unknown_device',
  path: 'token',
  message: 'No profile has a device with this token.',
};

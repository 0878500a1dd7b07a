import { createHash } from 'node:crypto';
import { type IdentityStore, partsOf } from '../identity/index.js';
import { rawRecord } from '../ingest/index.js';
import { type Clock, invalid, type Logger, notFound } from '../kernel/index.js';
import type { EventLog, LogRecord } from '../log/index.js';
import { TOPICS } from '../log/index.js';
import type { ConsentPolicy, ConsentStatement, ConsentStatus } from './consent-statement.js';
import type { ConsentStore } from './consent-store.js';
import { type ConsentDecision, decideConsent } from './decide-consent.js';

export interface NewConsent {
  channel: string;
  topic?: string | undefined;
  status: ConsentStatus;
  /** Epoch milliseconds. Default: now. */
  at?: number | undefined;
  source?: string | undefined;
}

export interface ConsentServiceDeps {
  consents: ConsentStore;
  identities: IdentityStore;
  log: EventLog;
  clock: Clock;
  logger: Logger;
}

const PUBLISH_BATCH = 500;

/** What people agreed to. A statement holds for sends as soon as `set` resolves; the profile shows it soon after. */
export class ConsentService {
  readonly #store: ConsentStore;
  readonly #identities: IdentityStore;
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(deps: ConsentServiceDeps) {
    this.#store = deps.consents;
    this.#identities = deps.identities;
    this.#log = deps.log;
    this.#clock = deps.clock;
    this.#logger = deps.logger;
  }

  async policies(tenantId: string): Promise<ConsentPolicy[]> {
    return this.#store.policies(tenantId);
  }

  async putPolicy(
    tenantId: string,
    policy: { channel: string; topic?: string | undefined; mode: ConsentPolicy['mode'] },
  ): Promise<ConsentPolicy> {
    const kept = { channel: policy.channel, topic: policy.topic ?? '', mode: policy.mode };
    await this.#store.putPolicy(tenantId, kept, this.#clock.now());
    return kept;
  }

  async deletePolicy(tenantId: string, channel: string, topic = ''): Promise<void> {
    if (!(await this.#store.deletePolicy(tenantId, channel, topic))) throw notFound('consent policy');
  }

  async set(tenantId: string, profileId: string, consents: readonly NewConsent[]): Promise<ConsentStatement[]> {
    const now = this.#clock.now();
    const statements = consents.map((one, index): ConsentStatement => {
      if (one.channel === '') throw invalid(`${index}.channel`, 'Name the channel.');
      return {
        profileId,
        channel: one.channel,
        topic: one.topic ?? '',
        status: one.status,
        at: Math.min(one.at ?? now, now),
        source: one.source ?? 'api',
      };
    });
    const effective = await this.#store.record(tenantId, statements);
    // A merge may have passed by just before: whatever is decided later finds the statements.
    if ((await this.#identities.successorOf(tenantId, profileId)) !== profileId) await this.follow(tenantId, profileId);
    await this.#publish(tenantId, effective);
    return statements;
  }

  async of(tenantId: string, profileId: string): Promise<ConsentStatement[]> {
    return this.#store.statementsOf(tenantId, profileId);
  }

  /** One decision a profile, in their order; some thousands at a time. */
  async check(
    tenantId: string,
    channel: string,
    topic: string,
    profileIds: readonly string[],
  ): Promise<ConsentDecision[]> {
    const [policies, statements] = await Promise.all([
      this.#store.policies(tenantId),
      this.#store.statementsOn(tenantId, channel, [...new Set(profileIds)]),
    ]);
    const ofNobody = decideConsent(policies, [], channel, topic);
    return profileIds.map((id) => {
      const said = statements.get(id);
      return said ? decideConsent(policies, said, channel, topic) : ofNobody;
    });
  }

  /** Brings to the log what a crash kept from it. Called at start and from time to time. */
  async publishPending(): Promise<number> {
    let published = 0;
    for (;;) {
      const pending = await this.#store.unpublished(PUBLISH_BATCH);
      for (const [tenantId, rows] of Map.groupBy(pending, (row) => row.tenantId))
        await this.#publish(
          tenantId,
          rows.map((row) => row.statement),
        );
      published += pending.length;
      if (pending.length < PUBLISH_BATCH) return published;
    }
  }

  /** After a merge: what the merged profile said counts for its successor. Costs one look where it said nothing, as most. */
  async merged(tenantId: string, from: string): Promise<void> {
    if (await this.#store.holdsAny(tenantId, from)) await this.follow(tenantId, from);
  }

  /**
   * Follows a merge of `from` into another profile, or its undoing. By what the identity store says now, so it may be told in any
   * order and again.
   */
  async follow(tenantId: string, from: string): Promise<void> {
    const owner = await this.#identities.successorOf(tenantId, from);
    await this.#store.give(tenantId, await partsOf(this.#identities, tenantId, from), owner);
  }

  async erase(tenantId: string, profileId: string): Promise<number> {
    return this.#store.erase(tenantId, profileId);
  }

  async #publish(tenantId: string, statements: readonly ConsentStatement[]): Promise<void> {
    if (statements.length === 0) return;
    await this.#log.append(statements.flatMap((statement) => recordsOf(tenantId, statement, this.#clock.now())));
    await this.#store.markPublished(tenantId, statements);
    this.#logger.debug('Consent changed.', { tenantId, statements: statements.length });
  }
}

/** For the profile, and for whoever follows consent alone. The id is the same when it is published again. */
function recordsOf(tenantId: string, statement: ConsentStatement, now: number): LogRecord[] {
  const { profileId, channel, topic, status, at, source } = statement;
  const messageId = `consent-${createHash('sha256')
    .update([tenantId, profileId, channel, topic, status, at].join('\0'))
    .digest('base64url')
    .slice(0, 24)}`;
  return [
    rawRecord({
      tenantId,
      appId: 'platform',
      receivedAt: now,
      profileId,
      call: {
        type: 'consent',
        messageId,
        properties: { channel, ...(topic !== '' && { purpose: topic }), status, source },
        timestamp: new Date(at).toISOString(),
      },
    }),
    {
      topic: TOPICS.consentUpdated,
      key: `${tenantId}/${profileId}`,
      value: Buffer.from(JSON.stringify({ tenantId, messageId, ...statement })),
    },
  ];
}

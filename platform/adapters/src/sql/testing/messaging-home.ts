import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FrequencyCap, SendingPolicy, type SendingRules } from '@cdp/core/campaign';
import { Inboxes, PluginRegistry } from '@cdp/core/delivery';
import { IdentityResolver, identifierTypes } from '@cdp/core/identity';
import type { RawMessage } from '@cdp/core/ingest';
import { type JsonObject, ManualClock, SilentLogger, UuidIds } from '@cdp/core/kernel';
import { TOPICS } from '@cdp/core/log';
import { type ProfileDocument, ProfileService } from '@cdp/core/profile';
import { AggregateValues, SegmentCatalog } from '@cdp/core/segment';
import { DEFAULT_TENANT_SETTINGS, MasterKeys, SecretBox } from '@cdp/core/tenancy';
import { Messaging, type MessagingOptions } from '@cdp/core/tracking';
import { openDuckdb } from '../../embedded/duckdb/open-duckdb.js';
import { LmdbEventLog } from '../../embedded/lmdb-event-log.js';
import { LmdbProfileStore } from '../../embedded/lmdb-profile-store.js';
import { LmdbState } from '../../embedded/lmdb-state.js';
import { MemoryWorkQueue } from '../../embedded/memory-work-queue.js';
import { GuardedHttp, GuardedPluginHosts } from '../../http/index.js';
import { SqlAggregateStore } from '../sql-aggregate-store.js';
import { SqlDataKeyStore } from '../sql-data-key-store.js';
import { SqlDefinitionChanges } from '../sql-definition-changes.js';
import { SqlErasureLedger } from '../sql-erasure-ledger.js';
import { SqlIdentityStore } from '../sql-identity-store.js';
import { sqlMessagingStores } from '../sql-messaging-stores.js';
import { SqlSegmentStore } from '../sql-segment-store.js';
import { Recorder } from './recording-plugin.js';
import { openTestDatabase } from './test-home.js';

export const NOW = Date.parse('2026-03-01T12:00:00Z');
export const SEGMENT = 'segment-1';
const PUBLIC_URL = 'https://cdp.example';

/** What a test may change about what tenants are allowed. */
class Rules extends SendingPolicy {
  readonly suspended = new Set<string>();
  cap: FrequencyCap | undefined;

  override async of(tenantId: string): Promise<SendingRules> {
    return { active: !this.suspended.has(tenantId), ...(this.cap && { cap: this.cap }) };
  }
}

export interface Person {
  id: string;
  traits?: Record<string, string>;
}

/** Messaging on real stores in a folder of its own, with a clock that a test moves, and doors to put people in and look at what came out. */
export async function openMessagingHome(
  options: {
    recorders?: Recorder[];
    tune?: Partial<Pick<MessagingOptions, 'runner' | 'worker' | 'machines' | 'limits'>>;
  } = {},
) {
  const recorders = options.recorders ?? [new Recorder()];
  const folder = mkdtempSync(join(tmpdir(), 'cdp-messaging-'));
  const clock = new ManualClock(NOW);
  const ids = new UuidIds(clock);
  const logger = new SilentLogger();
  const db = await openTestDatabase();
  const log = new LmdbEventLog({ path: join(folder, 'log'), clock, logger, firstRetryMs: 1 });
  const state = new LmdbState({ path: join(folder, 'state') });
  const profiles = new LmdbProfileStore(state);
  const duckdb = await openDuckdb({ path: join(folder, 'duck', 'cdp.duckdb'), threads: 1 });
  const http = new GuardedHttp({ privateNetwork: 'allow' });
  const box = new SecretBox({ store: new SqlDataKeyStore(db), masters: new MasterKeys(Buffer.alloc(32, 7)), clock });
  const policy = new Rules();
  const segment: { state: 'building' | 'ready' } = { state: 'ready' };
  const catalog = new SegmentCatalog({
    segments: new SqlSegmentStore(db),
    aggregates: new SqlAggregateStore(db),
    changes: new SqlDefinitionChanges(db),
    timeZoneOf: () => 'UTC',
    logger,
  });
  const erasures = new SqlErasureLedger(db, clock);
  const stores = sqlMessagingStores(db, ids);
  const identities = new SqlIdentityStore(db);
  const inboxes = new Inboxes({ store: stores.inbox, profiles, identities, erasures, clock });
  const hosts = new GuardedPluginHosts({ http, clock, logger, inboxes });
  const typesOf = () => identifierTypes(DEFAULT_TENANT_SETTINGS.identity);
  const people = new ProfileService({
    profiles,
    events: duckdb.events,
    identities,
    resolver: new IdentityResolver(identities, ids, typesOf),
    erasures,
    log,
    clock,
    ids,
    typesOf,
    logRetentionMs: 86_400_000,
  });
  const plugins = new PluginRegistry(recorders.map((one) => one.plugin));

  /** Another process on the same stores. */
  const boot = (tune = options.tune) =>
    new Messaging({
      stores,
      log,
      profiles,
      audience: duckdb.audience,
      aggregates: new AggregateValues({ catalog, events: duckdb.events, clock }),
      segmentState: async (_tenant, id) => (id === SEGMENT ? segment.state : undefined),
      plugins,
      hosts,
      inboxes,
      identities,
      box,
      policy,
      erasures,
      work: new MemoryWorkQueue(clock, logger),
      clock,
      ids,
      logger,
      links: { publicUrl: PUBLIC_URL, keys: [{ id: 'k1', secret: Buffer.alloc(32, 1) }] },
      ...tune,
    });
  const messaging = boot();

  const addPeople = async (tenantId: string, added: readonly Person[]): Promise<void> => {
    const links = added.map(({ id }) => ({ type: 'userId', value: id, profileId: id }));
    await identities.commit(tenantId, { links, merges: [] });
    await profiles.putMany(
      tenantId,
      added.map((person) => documentOf(tenantId, person)),
    );
    await duckdb.audience.apply(
      tenantId,
      added.map(({ id }) => ({ segmentId: SEGMENT, profileId: id, change: 'entered' as const, at: clock.now() })),
    );
  };

  const draft = async (
    tenantId: string,
    content: JsonObject,
    more: {
      plugin?: string;
      topic?: string;
      schedule?: { type: 'now' } | { type: 'at'; at: string };
      conversion?: { event: string; within: string };
    } = {},
  ) => {
    const plugin = more.plugin ?? recorders[0]?.plugin.manifest.name ?? '';
    const channel = await messaging.channels.create(tenantId, {
      channel: 'email',
      plugin,
      name: 'Mail',
      config: { account: tenantId, password: 'hunter2' },
    });
    const template = await messaging.templates.create(tenantId, { channel: 'email', plugin, name: 'Hello', content });
    const campaign = await messaging.campaigns.create(tenantId, {
      name: 'Spring',
      channelId: channel.id,
      templateId: template.id,
      audience: { segmentId: SEGMENT },
      schedule: more.schedule ?? { type: 'now' },
      ...(more.topic !== undefined && { topic: more.topic }),
      ...(more.conversion && { conversion: more.conversion }),
    });
    return { channel, template, campaign };
  };

  /** Fires what is due and works on every run, as the runner's jobs would. */
  const fanOut = async (by: Messaging = messaging): Promise<void> => {
    await by.runner.fireDue();
    for (const { tenantId, id } of await stores.campaigns.openRuns(clock.now(), 100))
      await by.runner.workOn(tenantId, id);
  };

  const deliver = async (by: Messaging = messaging): Promise<void> => by.worker.drain();

  const rawEvents = async (): Promise<RawMessage[]> => {
    const found: RawMessage[] = [];
    for (let partition = 0; partition < log.partitionCount(TOPICS.raw); partition++)
      for (const record of await log.read(TOPICS.raw, partition, 0, 100_000))
        found.push(JSON.parse(record.value.toString()) as RawMessage);
    return found;
  };

  const close = async (): Promise<void> => {
    await messaging.stop();
    await log.close();
    await profiles.close();
    await state.close();
    await duckdb.close();
    await http.close();
    await db.close();
    rmSync(folder, { recursive: true, force: true });
  };

  return {
    messaging,
    boot,
    stores,
    db,
    log,
    clock,
    logger,
    profiles,
    audience: duckdb.audience,
    events: duckdb.events,
    catalog,
    policy,
    segment,
    erasures,
    identities,
    inboxes,
    people,
    state,
    ids,
    recorder: recorders[0] as Recorder,
    addPeople,
    draft,
    fanOut,
    deliver,
    rawEvents,
    close,
  };
}

export type MessagingHome = Awaited<ReturnType<typeof openMessagingHome>>;

const documentOf = (tenantId: string, { id, traits = {} }: Person): ProfileDocument => ({
  tenantId,
  id,
  version: 1,
  state: 'active',
  identifiers: [{ type: 'userId', value: id }],
  traits: Object.fromEntries(Object.entries(traits).map(([name, value]) => [name, { value, at: NOW }])),
  devices: [],
  consents: [],
  firstSeenAt: NOW,
  lastSeenAt: NOW,
  aggregates: {},
  memberships: {},
});

/** Ids of people as the platform makes them, in their order. */
export const personId = (n: number): string => `01950000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

export const people = (count: number, from = 0): Person[] =>
  Array.from({ length: count }, (_, i) => ({
    id: personId(from + i),
    traits: { email: `p${from + i}@example.org`, firstName: `N${from + i}` },
  }));

import type { SqlDatabase } from '../database.js';
import type { SqlValue } from '../sql-dialect.js';

/** Rows of a tenant in each of the tables that grow with what its people do. */
export const ROWS = 3_000;
export const TENANTS = ['t0', 't1', 't2'];

const STATES = ['queued', 'sent', 'sent', 'delivered', 'skipped', 'cancelled'];
const hex = (i: number): string => i.toString(16).padStart(64, '0');

/** A row by its number, as columns. */
const TABLES: Record<string, (tenant: string, i: number) => Record<string, SqlValue>> = {
  identity_links: (_t, i) => ({ type: i % 3 ? 'userId' : 'email', value: `v${i}`, profile_id: `p${i >> 1}` }),
  identity_merges: (_t, i) => ({
    merge_id: `m${i}`,
    loser: `gone${i}`,
    winner: `p${i}`,
    slot: 'active',
    state: i % 1_000 ? 'announced' : 'pending',
    merged_at: i,
    cause: '',
    moved: '[]',
  }),
  identity_erased: (_t, i) => ({ fingerprint: hex(i), erased_at: i }),
  erasures: (_t, i) => ({ id: `e${i}`, profile_id: `p${i}`, parts: '[]', requested_at: i, sent: i % 1_000 ? 1 : 0 }),
  erasure_stores: (_t, i) => ({ erasure_id: `e${i >> 2}`, store: `s${i % 4}`, part: '', what: '', done_at: i }),
  rejected_events: (_t, i) => ({
    id: `r${i}`,
    app_id: 'a',
    received_at: i,
    message_id: `m${i}`,
    code: 'invalid',
    path: '',
    message: '',
    payload: '{}',
  }),
  profile_consents: (_t, i) => ({
    profile_id: `p${i >> 1}`,
    owner_id: `p${i >> 1}`,
    channel: i % 2 ? 'email' : 'sms',
    topic: '',
    status: 'granted',
    at: i,
    source: '',
    published: i % 1_000 ? 1 : 0,
  }),
  suppressions: (_t, i) => ({
    channel: i % 2 ? 'email' : 'sms',
    address_hash: hex(i),
    address: `${i}@x.example`,
    reason: 'bounced',
    source: '',
    at: i,
  }),
  campaign_messages: (_t, i) => ({
    id: `m${i}`,
    campaign_id: `c${i % 30}`,
    run_id: `r${i % 30}`,
    step: '',
    profile_id: `p${i >> 1}`,
    channel: 'email',
    channel_id: `ch${i % 2}`,
    topic: '',
    target: '',
    address: `${i}@x.example`,
    state: STATES[i % STATES.length],
    attempts: 0,
    due_at: i % STATES.length === 0 ? i + 1 : null,
    queued_at: i,
    sent_at: i,
    updated_at: i,
    content: '{}',
  }),
  message_provider_ids: (_t, i) => ({ channel_id: `ch${i % 2}`, provider_id: `x${i}`, message_id: `m${i}` }),
  inbox_messages: (_t, i) => ({
    id: `i${i}`,
    profile_id: `p${i >> 2}`,
    owner_id: `p${i >> 2}`,
    channel: 'in-app',
    content: '{}',
    sent_at: i,
    expires_at: i + 1_000_000,
    arrival: i,
    revision: i,
  }),
  campaign_events: (_t, i) => ({
    event_id: `ev${i}`,
    campaign_id: `c${i % 30}`,
    message_id: `m${i >> 1}`,
    profile_id: `p${i >> 2}`,
    type: i % 2 ? 'clicked' : 'opened',
    at: i,
    machine: 0,
    url: `https://x.example/${i % 20}`,
  }),
  audit_log: (_t, i) => ({
    id: `a${i}`,
    happened_at: i,
    actor_kind: 'account',
    actor_id: `u${i % 20}`,
    action: 'update',
    resource: 'segment',
    resource_id: `s${i % 300}`,
  }),
  idempotent_requests: (_t, i) => ({
    digest: hex(i),
    fingerprint: '',
    state: 'done',
    locked_until: i,
    expires_at: i,
  }),
  sessions: (tenant, i) => ({ id: `${tenant}-${i}`, account_id: `u${i % 300}`, created_at: i, expires_at: i }),
  login_attempts: (tenant, i) => ({ digest: `${tenant}${i >> 2}`, attempt_id: `${tenant}-${i}`, tried_at: i }),
  delivery_event_batches: (tenant, i) => ({ id: `${tenant}-${i}`, tenant_id: tenant, events: '[]' }),
  due_instants: (_t, i) => ({ due_at: i, profile_id: `p${i}` }),
  segment_members: (_t, i) => ({
    segment_id: `s${i % 10}`,
    profile_id: `p${i}`,
    is_member: i % 3 ? 1 : 0,
    since: i,
    build: i % 2,
    built_member: 1,
    built_at: i,
  }),
  segment_builds: (_t, i) => ({ segment_id: `s${i}`, build: 1, begun: 1, untold: 1 }),
  segment_snapshots: (_t, i) => ({ id: `n${i}`, name: `run ${i}`, size: 1 }),
  segment_snapshot_members: (_t, i) => ({ snapshot_id: `n${i % 10}`, profile_id: `p${i}` }),
  channels: (tenant, i) => ({
    id: i < 2 ? `ch${i}${tenant === 't0' ? '' : tenant}` : `${tenant}-${i}`,
    channel: 'email',
    plugin: 'email',
    name: '',
    sealed_config: '',
    state: i < 2 ? 'enabled' : 'disabled',
    version: 1,
    created_at: i,
    updated_at: i,
  }),
};

/** A tenant has some of each, not as many as its people: looking through them all is no matter. */
const FEW = new Set(['channels', 'segment_builds']);

export const TENANT_SIZED: readonly string[] = Object.keys(TABLES).filter((table) => !FEW.has(table));

/** Not of a tenant, though they grow with use. */
const GLOBAL = new Set(['sessions', 'login_attempts', 'delivery_event_batches']);

/** Those whose keys begin with the tenant. */
export const TENANT_KEYED: readonly string[] = TENANT_SIZED.filter((table) => !GLOBAL.has(table));

/** Fills the tables, and has the engine look at what it holds. */
export async function fillTables(db: SqlDatabase): Promise<void> {
  for (const [table, rowOf] of Object.entries(TABLES)) {
    const count = FEW.has(table) ? 20 : ROWS;
    for (const tenant of TENANTS) {
      const rows = Array.from({ length: count }, (_, i) =>
        GLOBAL.has(table) ? rowOf(tenant, i) : { tenant_id: tenant, ...rowOf(tenant, i) },
      );
      await db.insertRows(table, Object.keys(rows[0] ?? {}), rows.map(Object.values));
    }
    // All of it, or the plans would depend on the pages that it happens to look at.
    await db.define(`ALTER TABLE ${table} STATS_SAMPLE_PAGES = 10000`);
    await db.select(`ANALYZE TABLE ${table}`);
  }
}

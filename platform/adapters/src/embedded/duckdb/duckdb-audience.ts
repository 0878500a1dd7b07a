import {
  decodeCursor,
  invalid,
  type Logger,
  type Page,
  type PageRequest,
  SilentLogger,
  toPage,
} from '@cdp/core/kernel';
import type { AppliedPosition, Membership, MembershipChange, ProfileDocument } from '@cdp/core/profile';
import {
  Audience,
  type BuildRequest,
  type BuildResult,
  foldCase,
  type Rule,
  type RuleContext,
} from '@cdp/core/segment';
import { listValue } from '@duckdb/node-api';
import { DueAhead, type DueRow } from '../../due-ahead.js';
import type { DuckdbPositions } from './duckdb-positions.js';
import { compileRuleSql } from './duckdb-rule-compiler.js';
import type { DuckdbSession } from './duckdb-session.js';
import type { DuckdbTenants } from './duckdb-tenants.js';
import { dueInstantsSql } from './due-instants-sql.js';
import { changesSql, membersSql } from './membership-sql.js';
import { ProfileBuffer, type ProfileBufferOptions } from './profile-buffer.js';
import { buildSegment } from './segment-build.js';
import { dropSegment, forgetChanges, noteMoves } from './segment-tables.js';
import { dropSnapshot, snapshotRows, takeSnapshot } from './snapshots.js';
import { SqlValues } from './sql-values.js';
import type { TenantTables } from './tenant-tables.js';
import { isUuid, uuidValue } from './uuid.js';

const NOBODY = { items: [], nextCursor: null };

export interface DuckdbAudienceOptions extends ProfileBufferOptions {
  logger?: Logger;
}

/** Profiles in typed columns, the members of segments in a table each. */
export class DuckdbAudience extends Audience {
  readonly #tenants: DuckdbTenants;
  readonly #buffer: ProfileBuffer;
  readonly #dueAhead = new DueAhead();

  constructor(tenants: DuckdbTenants, positions: DuckdbPositions, options: DuckdbAudienceOptions = {}) {
    super();
    this.#tenants = tenants;
    this.#buffer = new ProfileBuffer(tenants, positions, options.logger ?? new SilentLogger(), options);
  }

  override project(tenantId: string, documents: readonly ProfileDocument[]): Promise<void> {
    return this.#buffer.add(tenantId, documents);
  }

  /** Of all tenants: the documents of one are not worth a transaction of their own. */
  override refresh(_tenantId: string): Promise<void> {
    return this.#buffer.flush();
  }

  override reached(position: AppliedPosition): void {
    this.#buffer.reached(position);
  }

  override async projectedPosition(partition: number): Promise<number | undefined> {
    return this.#buffer.flushedPosition(partition);
  }

  override async count(
    tenantId: string,
    rule: Rule,
    context: RuleContext,
    sample: number,
  ): Promise<{ count: number; total: number; sample: string[] }> {
    const tables = await this.#tenants.find(tenantId);
    if (tables === undefined) return { count: 0, total: 0, sample: [] };
    const { withClause, fromWhere, bound } = compileRuleSql(rule, context, tables);
    const figures = ['count(*) AS count', `(SELECT count(*) FROM ${tables.schema}.profiles WHERE active) AS total`];
    if (sample > 0) figures.push(`min(p.id, ${Math.min(sample, 100)}) AS sample`);
    const sql = `${withClause} SELECT ${figures.join(', ')} ${fromWhere}`;
    const row = await this.#read((session) =>
      session.first<{ count: number; total: number; sample: string[] | null }>(sql, ...bound.usedIn(sql)),
    );
    return { count: row?.count ?? 0, total: row?.total ?? 0, sample: row?.sample ?? [] };
  }

  override async search(tenantId: string, rule: Rule, context: RuleContext, page: PageRequest): Promise<Page<string>> {
    const tables = await this.#tenants.find(tenantId);
    if (tables === undefined) return NOBODY;
    const { withClause, fromWhere, bound } = compileRuleSql(rule, context, tables);
    return this.#ids(`${withClause} SELECT p.id AS id ${fromWhere}`, 'p.id', bound, page);
  }

  override async find(tenantId: string, text: string, page: PageRequest): Promise<Page<string>> {
    const tables = await this.#tenants.find(tenantId);
    if (tables === undefined) return NOBODY;
    const bound = new SqlValues();
    const sql = `SELECT p.id AS id FROM ${tables.schema}.profiles p
      WHERE p.active AND contains(p.search, ${bound.text(foldCase(text))})`;
    return this.#ids(sql, 'p.id', bound, page);
  }

  override async build(tenantId: string, request: BuildRequest): Promise<BuildResult> {
    await this.#buffer.flush();
    const tables = await this.#tenants.ensure(tenantId);
    return this.#tenants.database.write((session) => buildSegment(session, tables, request));
  }

  override async changes(tenantId: string, segmentId: string, page: PageRequest): Promise<Page<MembershipChange>> {
    const found = await this.#segment(tenantId, segmentId);
    if (found === undefined) return NOBODY;
    const rows = await this.#keyset<{ profile: string; entered: boolean; ts: number }>(
      `SELECT profile, entered, ts FROM ${changesSql(found.tables.schema, found.no)} WHERE TRUE`,
      'profile',
      new SqlValues(),
      page,
    );
    const { items, nextCursor } = toPage(rows, page.limit, ({ profile }) => [profile]);
    return {
      items: items.map(({ profile, entered, ts }) => ({
        segmentId,
        profileId: profile,
        change: entered ? 'entered' : 'exited',
        at: ts,
      })),
      nextCursor,
    };
  }

  override async forgetChanges(tenantId: string, segmentId: string): Promise<void> {
    const found = await this.#segment(tenantId, segmentId);
    if (found === undefined) return;
    await this.#tenants.database.write((session) => forgetChanges(session, found.tables.schema, found.no));
  }

  override async dueInstants(
    tenantId: string,
    rule: Rule,
    context: RuleContext,
    page: PageRequest,
  ): Promise<Page<{ profileId: string; at: number }>> {
    const tables = await this.#tenants.find(tenantId);
    const due = tables && dueInstantsSql(rule, context, tables);
    if (due === undefined) return NOBODY;
    const after = page.cursor === undefined ? undefined : String(decodeCursor(page.cursor, 1)[0]);
    const rows = await this.#dueAhead.rows({ tenantId, rule, context }, after, page.limit, (limit) =>
      this.#keyset<DueRow>(
        `SELECT d.profile, d.due FROM (${due.sql}) d JOIN ${tables?.schema}.profiles p ON p.id = d.profile WHERE p.active`,
        'd.profile',
        due.bound,
        { limit: limit - 1, cursor: page.cursor },
      ),
    );
    const { items, nextCursor } = toPage(rows, page.limit, ({ profile }) => [profile]);
    return { items: items.map(({ profile, due }) => ({ profileId: profile, at: due })), nextCursor };
  }

  override async apply(tenantId: string, changes: readonly MembershipChange[]): Promise<void> {
    if (changes.length === 0) return;
    const tables = await this.#tenants.ensure(tenantId);
    await this.#tenants.database.write((session) => noteMoves(session, tables, changes));
  }

  override async size(tenantId: string, segmentId: string): Promise<number> {
    const found = await this.#segment(tenantId, segmentId);
    if (found === undefined) return 0;
    const row = await this.#read((session) =>
      session.first<{ size: number }>(`SELECT count(*) AS size FROM ${membersSql(found.tables.schema, found.no)}`),
    );
    return row?.size ?? 0;
  }

  override async members(
    tenantId: string,
    segmentId: string,
    page: PageRequest,
  ): Promise<Page<{ profileId: string; since: number }>> {
    const found = await this.#segment(tenantId, segmentId);
    if (found === undefined) return NOBODY;
    const rows = await this.#keyset<{ profile: string; since: number }>(
      `SELECT profile, since FROM ${membersSql(found.tables.schema, found.no)} WHERE TRUE`,
      'profile',
      new SqlValues(),
      page,
    );
    const { items, nextCursor } = toPage(rows, page.limit, ({ profile }) => [profile]);
    return { items: items.map(({ profile, since }) => ({ profileId: profile, since })), nextCursor };
  }

  override async membershipsOf(
    tenantId: string,
    profileIds: readonly string[],
    segmentIds: readonly string[],
  ): Promise<Map<string, Map<string, Pick<Membership, 'since'>>>> {
    const memberships = new Map<string, Map<string, Pick<Membership, 'since'>>>();
    const tables = await this.#tenants.find(tenantId);
    const known = segmentIds.filter((id) => tables?.segments.has(id));
    const profiles = profileIds.filter(isUuid);
    if (tables === undefined || known.length === 0 || profiles.length === 0) return memberships;
    const selects = known.map((id, index) => {
      const no = tables.segments.get(id) as number;
      return `SELECT ${index} AS segment, profile, since FROM ${membersSql(tables.schema, no)}
        WHERE profile IN (SELECT profile FROM asked)`;
    });
    const rows = await this.#read((session) =>
      session.rows<{ segment: number; profile: string; since: number }>(
        `WITH asked AS (SELECT unnest($profiles)::UUID AS profile) ${selects.join(' UNION ALL ')}`,
        { profiles: listValue(profiles) },
      ),
    );
    for (const { segment, profile, since } of rows) {
      const of = memberships.get(profile) ?? new Map<string, Pick<Membership, 'since'>>();
      memberships.set(profile, of.set(known[segment] as string, { since }));
    }
    return memberships;
  }

  override async snapshot(tenantId: string, segmentId: string, name: string): Promise<number> {
    const tables = await this.#tenants.ensure(tenantId);
    return this.#tenants.database.write((session) => takeSnapshot(session, tables, segmentId, name));
  }

  override async snapshotMembers(tenantId: string, name: string, page: PageRequest): Promise<Page<string>> {
    const tables = await this.#tenants.find(tenantId);
    const no = tables?.snapshots.get(name);
    if (tables === undefined || no === undefined) return NOBODY;
    const after = page.cursor === undefined ? 0 : Number(decodeCursor(page.cursor, 1)[0]);
    if (!Number.isSafeInteger(after)) throw invalid('cursor', 'Not a cursor of this list.');
    const rows = await this.#read((session) => snapshotRows(session, `${tables.schema}.s${no}`, after, page.limit));
    const { items, nextCursor } = toPage(rows, page.limit, ({ n }) => [n]);
    return { items: items.map(({ profile }) => profile), nextCursor };
  }

  override async dropSnapshot(tenantId: string, name: string): Promise<void> {
    const tables = await this.#tenants.find(tenantId);
    if (tables) await this.#tenants.database.write((session) => dropSnapshot(session, tables, name));
  }

  override async deleteSegment(tenantId: string, segmentId: string): Promise<void> {
    const tables = await this.#tenants.find(tenantId);
    if (tables) await this.#tenants.database.write((session) => dropSegment(session, tables, segmentId));
  }

  override async erase(tenantId: string, profileId: string): Promise<void> {
    const tables = await this.#tenants.find(tenantId);
    if (!isUuid(profileId)) return;
    await this.#buffer.forget(tenantId, profileId);
    if (tables === undefined) return;
    await this.#tenants.database.write(async (session) => {
      const id = [uuidValue(profileId)];
      await session.run(`DELETE FROM ${tables.schema}.profiles WHERE id = $1`, id);
      await session.run(`DELETE FROM ${tables.schema}.moves WHERE profile = $1`, id);
      for (const no of tables.segments.values())
        for (const table of [`m${no}`, `c${no}`])
          await session.run(`DELETE FROM ${tables.schema}.${table} WHERE profile = $1`, id);
      for (const no of tables.snapshots.values())
        await session.run(`DELETE FROM ${tables.schema}.s${no} WHERE profile = $1`, id);
    });
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    await this.#buffer.forget(tenantId);
    await this.#tenants.drop(tenantId);
  }

  override async close(): Promise<void> {
    await this.#buffer.close();
    await this.#tenants.database.close();
  }

  #read<T>(work: (session: DuckdbSession) => Promise<T>): Promise<T> {
    return this.#tenants.database.read(work);
  }

  async #segment(tenantId: string, segmentId: string): Promise<{ tables: TenantTables; no: number } | undefined> {
    const tables = await this.#tenants.find(tenantId);
    const no = tables?.segments.get(segmentId);
    return tables === undefined || no === undefined ? undefined : { tables, no };
  }

  /** One row more than the page of a SELECT that ends in its conditions, by a UUID column. */
  #keyset<T>(select: string, key: string, bound: SqlValues, { limit, cursor }: PageRequest): Promise<T[]> {
    const after = cursor === undefined ? '' : `AND ${key} > ${bound.uuid(String(decodeCursor(cursor, 1)[0]))}`;
    const sql = `${select} ${after} ORDER BY ${key} LIMIT ${limit + 1}`;
    return this.#read((session) => session.rows<T>(sql, ...bound.usedIn(sql)));
  }

  async #ids(select: string, key: string, bound: SqlValues, page: PageRequest): Promise<Page<string>> {
    const rows = await this.#keyset<{ id: string }>(select, key, bound, page);
    const { items, nextCursor } = toPage(rows, page.limit, ({ id }) => [id]);
    return { items: items.map(({ id }) => id), nextCursor };
  }
}

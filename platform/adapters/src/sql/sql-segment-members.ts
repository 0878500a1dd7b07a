import { decodeCursor, type Ids, type Page, type PageRequest, toPage } from '@cdp/core/kernel';
import type { Membership, MembershipChange } from '@cdp/core/profile';
import type { BuildResult } from '@cdp/core/segment';
import { marks, type SqlDatabase } from './database.js';
import { MemberMoves } from './member-moves.js';
import { SegmentBuildRun } from './segment-build-run.js';
import { ERASED, MEMBER, MEMBERS, SINCE } from './segment-member-sql.js';
import { SegmentSnapshots } from './segment-snapshots.js';

const ASKED_AT_ONCE = 500;

const after = ({ cursor }: PageRequest): string => (cursor === undefined ? '' : String(decodeCursor(cursor, 1)[0]));

/** The profiles that fit a rule, by id, ascending, a page at a time. */
export type FittingPages = AsyncIterable<readonly string[]>;

/**
 * Who is in which segment since when, for any number of processes: `Audience`'s promises about members, kept in tables. Many
 * write at once: live changes of a profile come from one writer at a time, and a segment is built once at a time; a build does
 * not hold up either.
 */
export class SqlSegmentMembers {
  readonly #db: SqlDatabase;
  readonly #moves: MemberMoves;
  readonly #snapshots: SegmentSnapshots;

  constructor(db: SqlDatabase, ids: Ids) {
    this.#db = db;
    this.#moves = new MemberMoves(db);
    this.#snapshots = new SegmentSnapshots(db, ids);
  }

  /**
   * What was told live, in order. A change that is older than what is known of the profile and segment has no effect, nor has
   * one that says what is so already.
   */
  apply(tenantId: string, changes: readonly MembershipChange[]): Promise<void> {
    return this.#moves.apply(tenantId, changes);
  }

  /**
   * Makes the members of a segment those that fit, as of `at` (epoch milliseconds). What is told live meanwhile, as of a later
   * instant, counts; of a profile that is no difference, whatever is told does. Differences of the build before it that were not told are lost. When it fails, or its process does, the
   * members are those from before. Throws `CdpError('conflict')` where another build of the segment was begun meanwhile.
   */
  build(
    tenantId: string,
    { segmentId, at }: { segmentId: string; at: number },
    fitting: FittingPages,
  ): Promise<BuildResult> {
    return new SegmentBuildRun(this.#db, tenantId, segmentId, at).run(fitting);
  }

  async changes(tenantId: string, segmentId: string, page: PageRequest): Promise<Page<MembershipChange>> {
    const rows = await this.#db.select<{ profile_id: string; built_member: number; built_at: number }>(
      `SELECT m.profile_id, m.built_member, m.built_at
       FROM segment_builds b JOIN segment_members m
         ON m.tenant_id = b.tenant_id AND m.segment_id = b.segment_id AND m.build = b.build
       WHERE b.tenant_id = ? AND b.segment_id = ? AND b.untold = 1 AND m.profile_id > ? AND m.since < ?
       ORDER BY m.profile_id LIMIT ?`,
      [tenantId, segmentId, after(page), ERASED, page.limit + 1],
    );
    const { items, nextCursor } = toPage(rows, page.limit, (row) => [row.profile_id]);
    return {
      items: items.map((row) => ({
        segmentId,
        profileId: row.profile_id,
        change: row.built_member === 1 ? 'entered' : 'exited',
        at: row.built_at,
      })),
      nextCursor,
    };
  }

  async forgetChanges(tenantId: string, segmentId: string): Promise<void> {
    await this.#db.run('UPDATE segment_builds SET untold = 0 WHERE tenant_id = ? AND segment_id = ?', [
      tenantId,
      segmentId,
    ]);
  }

  async size(tenantId: string, segmentId: string): Promise<number> {
    const row = await this.#db.selectOne<{ size: number }>(
      `SELECT COUNT(*) AS size FROM ${MEMBERS} WHERE m.tenant_id = ? AND m.segment_id = ? AND ${MEMBER} = 1`,
      [tenantId, segmentId],
    );
    return row?.size ?? 0;
  }

  async members(
    tenantId: string,
    segmentId: string,
    page: PageRequest,
  ): Promise<Page<{ profileId: string; since: number }>> {
    const rows = await this.#db.select<{ profile_id: string; since: number }>(
      `SELECT m.profile_id, ${SINCE} AS since FROM ${MEMBERS}
       WHERE m.tenant_id = ? AND m.segment_id = ? AND m.profile_id > ? AND ${MEMBER} = 1
       ORDER BY m.profile_id LIMIT ?`,
      [tenantId, segmentId, after(page), page.limit + 1],
    );
    const { items, nextCursor } = toPage(rows, page.limit, (row) => [row.profile_id]);
    return { items: items.map((row) => ({ profileId: row.profile_id, since: row.since })), nextCursor };
  }

  async membershipsOf(
    tenantId: string,
    profileIds: readonly string[],
    segmentIds: readonly string[],
  ): Promise<Map<string, Map<string, Pick<Membership, 'since'>>>> {
    const memberships = new Map<string, Map<string, Pick<Membership, 'since'>>>();
    if (segmentIds.length === 0) return memberships;
    for (let from = 0; from < profileIds.length; from += ASKED_AT_ONCE) {
      const asked = profileIds.slice(from, from + ASKED_AT_ONCE);
      const rows = await this.#db.select<{ profile_id: string; segment_id: string; since: number }>(
        `SELECT m.profile_id, m.segment_id, ${SINCE} AS since FROM ${MEMBERS}
         WHERE m.tenant_id = ? AND m.profile_id IN (${marks(asked)}) AND m.segment_id IN (${marks(segmentIds)})
           AND ${MEMBER} = 1`,
        [tenantId, ...asked, ...segmentIds],
      );
      for (const { profile_id, segment_id, since } of rows) {
        const of = memberships.get(profile_id) ?? new Map<string, Pick<Membership, 'since'>>();
        memberships.set(profile_id, of.set(segment_id, { since }));
      }
    }
    return memberships;
  }

  /** Fixes the members under a name, of one moment between builds; answers how many. A name that is taken keeps what it has. */
  snapshot(tenantId: string, segmentId: string, name: string): Promise<number> {
    return this.#snapshots.take(tenantId, segmentId, name);
  }

  snapshotMembers(tenantId: string, name: string, page: PageRequest): Promise<Page<string>> {
    return this.#snapshots.members(tenantId, name, page.limit, after(page));
  }

  dropSnapshot(tenantId: string, name: string): Promise<void> {
    return this.#snapshots.drop(tenantId, name);
  }

  /** In portions: for who begins again when it was interrupted. */
  async deleteSegment(tenantId: string, segmentId: string): Promise<void> {
    await this.#db.deleteMany('segment_members', 'tenant_id = ? AND segment_id = ?', [tenantId, segmentId]);
    await this.#db.run('DELETE FROM segment_builds WHERE tenant_id = ? AND segment_id = ?', [tenantId, segmentId]);
  }

  async erase(tenantId: string, profileId: string): Promise<void> {
    await this.#db.transaction(async () => {
      for (const table of ['segment_members', 'segment_snapshot_members'])
        await this.#db.run(`DELETE FROM ${table} WHERE tenant_id = ? AND profile_id = ?`, [tenantId, profileId]);
      const underWay = await this.#db.select<{ segment_id: string }>(
        'SELECT segment_id FROM segment_builds WHERE tenant_id = ? AND begun > build',
        [tenantId],
      );
      await this.#db.insertRows(
        'segment_members',
        ['tenant_id', 'segment_id', 'profile_id', 'since'],
        underWay.map((row) => [tenantId, row.segment_id, profileId, ERASED]),
        { ignoreDuplicates: true },
      );
    });
  }

  async deleteTenant(tenantId: string): Promise<void> {
    for (const table of ['segment_members', 'segment_snapshot_members', 'segment_builds', 'segment_snapshots'])
      await this.#db.deleteMany(table, 'tenant_id = ?', [tenantId]);
  }
}

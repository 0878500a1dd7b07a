import type { MembershipChange } from '@cdp/core/profile';
import { marks, type SqlDatabase } from './database.js';
import { BUILT_BY } from './segment-member-sql.js';
import type { SqlValue } from './sql-dialect.js';

const ASKED_AT_ONCE = 1_000;

interface State {
  member: boolean;
  /** Epoch milliseconds. */
  at: number;
}

interface Row {
  profile_id: string;
  member: number;
  at: number;
}

/** Live changes of memberships. */
export class MemberMoves {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    this.#db = db;
  }

  async apply(tenantId: string, changes: readonly MembershipChange[]): Promise<void> {
    const bySegment = Map.groupBy(changes, ({ segmentId }) => segmentId);
    if (bySegment.size === 0) return;
    // In one order, so that two writers do not wait for each other in a circle.
    const segmentIds = [...bySegment.keys()].sort();
    await this.#db.transaction(async () => {
      const standing = await this.#standing(tenantId, segmentIds);
      const rows: SqlValue[][] = [];
      for (const segmentId of segmentIds)
        rows.push(
          ...(await this.#moved(tenantId, segmentId, bySegment.get(segmentId) ?? [], standing.get(segmentId) ?? 0)),
        );
      await this.#db.upsertRows(
        'segment_members',
        ['tenant_id', 'segment_id', 'profile_id', 'is_member', 'since', 'told_in'],
        rows,
        { key: ['tenant_id', 'segment_id', 'profile_id'], update: ['is_member', 'since', 'told_in'] },
      );
    });
  }

  /** The builds that stand, by segment. */
  async #standing(tenantId: string, segmentIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.#db.select<{ segment_id: string; build: number }>(
      `SELECT segment_id, build FROM segment_builds WHERE tenant_id = ? AND segment_id IN (${marks(segmentIds)})`,
      [tenantId, ...segmentIds],
    );
    return new Map(rows.map((row) => [row.segment_id, row.build]));
  }

  /** The rows of those whom the changes move. */
  async #moved(
    tenantId: string,
    segmentId: string,
    changes: readonly MembershipChange[],
    standing: number,
  ): Promise<SqlValue[][]> {
    const profileIds = [...new Set(changes.map(({ profileId }) => profileId))].sort();
    const states = await this.#states(tenantId, segmentId, profileIds, standing);
    const changed = new Map<string, State>();
    for (const { profileId, change, at } of changes) {
      const member = change === 'entered';
      const known = states.get(profileId);
      if (known !== undefined && (at < known.at || known.member === member)) continue;
      const state = { member, at };
      states.set(profileId, state);
      changed.set(profileId, state);
    }
    return profileIds.flatMap((profileId) => {
      const state = changed.get(profileId);
      return state ? [[tenantId, segmentId, profileId, state.member ? 1 : 0, state.at, standing]] : [];
    });
  }

  async #states(
    tenantId: string,
    segmentId: string,
    profileIds: readonly string[],
    standing: number,
  ): Promise<Map<string, State>> {
    const states = new Map<string, State>();
    for (let from = 0; from < profileIds.length; from += ASKED_AT_ONCE) {
      const asked = profileIds.slice(from, from + ASKED_AT_ONCE);
      const rows = await this.#db.select<Row>(
        `SELECT profile_id, CASE WHEN ${BUILT_BY} THEN built_member ELSE is_member END AS member,
           CASE WHEN ${BUILT_BY} THEN built_at ELSE since END AS at
         FROM segment_members WHERE tenant_id = ? AND segment_id = ? AND profile_id IN (${marks(asked)})
         ORDER BY profile_id${this.#db.dialect.forUpdate}`,
        [standing, standing, tenantId, segmentId, ...asked],
      );
      for (const { profile_id, member, at } of rows) states.set(profile_id, { member: member === 1, at });
    }
    return states;
  }
}

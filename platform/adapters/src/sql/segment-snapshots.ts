import { CdpError, type Ids, type Page, toPage } from '@cdp/core/kernel';
import type { SqlDatabase } from './database.js';
import { MEMBER, MEMBERS } from './segment-member-sql.js';

/** Rows that one statement copies. */
const PORTION = 5_000;
/** Builds that may come in between before it is given up. */
const TRIES = 5;

/**
 * Copies of the members of segments. A copy is made in portions under an id of its own, and has its name's meaning once its
 * size is noted; of several under one name the first one counts.
 */
export class SegmentSnapshots {
  readonly #db: SqlDatabase;
  readonly #ids: Ids;

  constructor(db: SqlDatabase, ids: Ids) {
    this.#db = db;
    this.#ids = ids;
  }

  async take(tenantId: string, segmentId: string, name: string): Promise<number> {
    for (let tries = 1; ; tries++) {
      const taken = await this.#find(tenantId, name);
      if (taken !== undefined) return taken.size;
      // What an interrupted call has left; one that is still at it finds out at its end.
      await this.drop(tenantId, name);
      const id = this.#ids.next();
      const before = await this.#standing(tenantId, segmentId);
      await this.#db.insertRows('segment_snapshots', ['tenant_id', 'id', 'name'], [[tenantId, id, name]]);
      const size = await this.#copy(tenantId, segmentId, id);
      // A build in between: it would be a part of the members before it and a part of those after.
      const whole = (await this.#standing(tenantId, segmentId)) === before;
      if (whole)
        await this.#db.run('UPDATE segment_snapshots SET size = ? WHERE tenant_id = ? AND id = ?', [
          size,
          tenantId,
          id,
        ]);
      else if (tries === TRIES)
        throw new CdpError('unavailable', 'The segment is being built again and again.', { retryAfter: 5 });
    }
  }

  async members(tenantId: string, name: string, limit: number, after: string): Promise<Page<string>> {
    const taken = await this.#find(tenantId, name);
    if (taken === undefined) return { items: [], nextCursor: null };
    const rows = await this.#db.select<{ profile_id: string }>(
      `SELECT profile_id FROM segment_snapshot_members WHERE tenant_id = ? AND snapshot_id = ? AND profile_id > ?
       ORDER BY profile_id LIMIT ?`,
      [tenantId, taken.id, after, limit + 1],
    );
    const { items, nextCursor } = toPage(rows, limit, (row) => [row.profile_id]);
    return { items: items.map((row) => row.profile_id), nextCursor };
  }

  async drop(tenantId: string, name: string): Promise<void> {
    const copies = await this.#db.select<{ id: string }>(
      'SELECT id FROM segment_snapshots WHERE tenant_id = ? AND name = ?',
      [tenantId, name],
    );
    for (const { id } of copies) {
      await this.#db.deleteMany('segment_snapshot_members', 'tenant_id = ? AND snapshot_id = ?', [tenantId, id]);
      await this.#db.run('DELETE FROM segment_snapshots WHERE tenant_id = ? AND id = ?', [tenantId, id]);
    }
  }

  #find(tenantId: string, name: string): Promise<{ id: string; size: number } | undefined> {
    return this.#db.selectOne(
      'SELECT id, size FROM segment_snapshots WHERE tenant_id = ? AND name = ? AND size IS NOT NULL ORDER BY id LIMIT ?',
      [tenantId, name, 1],
    );
  }

  async #standing(tenantId: string, segmentId: string): Promise<number> {
    const row = await this.#db.selectOne<{ build: number }>(
      'SELECT build FROM segment_builds WHERE tenant_id = ? AND segment_id = ?',
      [tenantId, segmentId],
    );
    return row?.build ?? 0;
  }

  async #copy(tenantId: string, segmentId: string, id: string): Promise<number> {
    let size = 0;
    for (let after = ''; ; ) {
      const { changes } = await this.#db.run(
        `INSERT INTO segment_snapshot_members (tenant_id, snapshot_id, profile_id)
         SELECT m.tenant_id, ?, m.profile_id FROM ${MEMBERS}
         WHERE m.tenant_id = ? AND m.segment_id = ? AND m.profile_id > ? AND ${MEMBER} = 1
         ORDER BY m.profile_id LIMIT ?`,
        [id, tenantId, segmentId, after, PORTION],
      );
      size += changes;
      if (changes < PORTION) return size;
      const last = await this.#db.selectOne<{ last_id: string }>(
        'SELECT MAX(profile_id) AS last_id FROM segment_snapshot_members WHERE tenant_id = ? AND snapshot_id = ?',
        [tenantId, id],
      );
      after = last?.last_id ?? after;
    }
  }
}

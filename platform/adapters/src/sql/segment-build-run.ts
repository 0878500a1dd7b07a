import { type CdpError, conflict } from '@cdp/core/kernel';
import type { BuildResult } from '@cdp/core/segment';
import { marks, type SqlDatabase } from './database.js';
import { BUILT_BY, ERASED, MEMBER, MEMBERS } from './segment-member-sql.js';
import type { FittingPages } from './sql-segment-members.js';

/** Rows that one transaction writes: locks are held shortly, and a build of millions leaves no long history to the engine. */
const PORTION = 2_000;
const READ_AT_ONCE = 5_000;

/** How long it is remembered that a profile left, in milliseconds: changes that come later than that are not told apart from new ones. */
const LEAVERS_KEPT_MS = 86_400_000;

interface Difference {
  profileId: string;
  member: boolean;
}

const overtaken = (): CdpError => conflict('Another build of the segment was begun meanwhile.');

/** One build of one segment: writes what differs where nobody sees it yet, then has it stand by changing one row. */
export class SegmentBuildRun {
  readonly #db: SqlDatabase;
  readonly #key: readonly [tenantId: string, segmentId: string];
  readonly #at: number;
  #standing = 0;
  #number = 0;
  #waiting: Difference[] = [];

  constructor(db: SqlDatabase, tenantId: string, segmentId: string, at: number) {
    this.#db = db;
    this.#key = [tenantId, segmentId];
    this.#at = at;
  }

  async run(fitting: FittingPages): Promise<BuildResult> {
    await this.#begin();
    const result: BuildResult = { size: 0, entered: 0, exited: 0 };
    const members = this.#members();
    let member = await members.next();
    const leave = async (profileId: string): Promise<void> => {
      result.exited++;
      await this.#note({ profileId, member: false });
      member = await members.next();
    };
    for await (const page of fitting)
      for (const profileId of page) {
        while (!member.done && member.value < profileId) await leave(member.value);
        result.size++;
        if (!member.done && member.value === profileId) member = await members.next();
        else {
          result.entered++;
          await this.#note({ profileId, member: true });
        }
      }
    while (!member.done) await leave(member.value);
    await this.#write();
    await this.#stand();
    await this.#forgetLeavers();
    return result;
  }

  /** Takes the next number, and takes back what builds that never stood have left. */
  async #begin(): Promise<void> {
    await this.#db.insertRows('segment_builds', ['tenant_id', 'segment_id'], [this.#key], { ignoreDuplicates: true });
    await this.#db.transaction(async () => {
      const row = await this.#db.selectOne<{ build: number; begun: number }>(
        `SELECT build, begun FROM segment_builds WHERE tenant_id = ? AND segment_id = ?${this.#db.dialect.forUpdate}`,
        this.#key,
      );
      this.#standing = row?.build ?? 0;
      this.#number = (row?.begun ?? 0) + 1;
      await this.#db.run('UPDATE segment_builds SET begun = ? WHERE tenant_id = ? AND segment_id = ?', [
        this.#number,
        ...this.#key,
      ]);
    });
    for (;;) {
      const left = await this.#db.select<{ profile_id: string }>(
        `SELECT profile_id FROM segment_members WHERE tenant_id = ? AND segment_id = ? AND build > ?
         ORDER BY build, profile_id LIMIT ?`,
        [...this.#key, this.#standing, PORTION],
      );
      if (left.length === 0) return;
      const ids = left.map((row) => row.profile_id);
      await this.#db.run(
        `UPDATE segment_members SET build = 0 WHERE tenant_id = ? AND segment_id = ? AND profile_id IN (${marks(ids)})
         AND build > ?`,
        [...this.#key, ...ids, this.#standing],
      );
    }
  }

  async *#members(): AsyncGenerator<string, undefined> {
    for (let after = ''; ; ) {
      const rows = await this.#db.select<{ profile_id: string }>(
        `SELECT m.profile_id FROM ${MEMBERS}
         WHERE m.tenant_id = ? AND m.segment_id = ? AND m.profile_id > ? AND ${MEMBER} = 1
         ORDER BY m.profile_id LIMIT ?`,
        [...this.#key, after, READ_AT_ONCE],
      );
      for (const row of rows) yield row.profile_id;
      if (rows.length < READ_AT_ONCE) return;
      after = rows.at(-1)?.profile_id ?? after;
    }
  }

  async #note(difference: Difference): Promise<void> {
    this.#waiting.push(difference);
    if (this.#waiting.length >= PORTION) await this.#write();
  }

  async #write(): Promise<void> {
    const differences = this.#waiting;
    this.#waiting = [];
    if (differences.length === 0) return;
    const ids = differences.map(({ profileId }) => profileId);
    await this.#db.transaction(async () => {
      const row = await this.#db.selectOne<{ begun: number }>(
        `SELECT begun FROM segment_builds WHERE tenant_id = ? AND segment_id = ?${this.#db.dialect.forUpdate}`,
        this.#key,
      );
      // What is written now, no later build would take back.
      if (row?.begun !== this.#number) throw overtaken();
      // What the build that stands said of these moves to where it counts without that build.
      if (this.#standing > 0)
        await this.#db.run(
          `UPDATE segment_members SET is_member = built_member, since = built_at
           WHERE tenant_id = ? AND segment_id = ? AND profile_id IN (${marks(ids)}) AND build > 0 AND ${BUILT_BY}`,
          [...this.#key, ...ids, this.#standing],
        );
      await this.#db.upsertRows(
        'segment_members',
        ['tenant_id', 'segment_id', 'profile_id', 'build', 'built_member', 'built_at'],
        differences.map(({ profileId, member }) => [...this.#key, profileId, this.#number, member ? 1 : 0, this.#at]),
        { key: ['tenant_id', 'segment_id', 'profile_id'], update: ['build', 'built_member', 'built_at'] },
      );
    });
  }

  async #stand(): Promise<void> {
    const { changes } = await this.#db.run(
      'UPDATE segment_builds SET build = ?, untold = 1 WHERE tenant_id = ? AND segment_id = ? AND begun = ?',
      [this.#number, ...this.#key, this.#number],
    );
    if (changes === 0) throw overtaken();
  }

  /** Takes away the rows of profiles that have long been members no more, and are no differences of this build. */
  async #forgetLeavers(): Promise<void> {
    const before = this.#at - LEAVERS_KEPT_MS;
    const where = `tenant_id = ? AND segment_id = ? AND (since < ? OR since = ${ERASED}) AND built_at < ?
      AND CASE WHEN build >= ? THEN 1 WHEN ${BUILT_BY} THEN built_member ELSE is_member END = 0`;
    const values = [...this.#key, before, before, this.#number, this.#number];
    for (let after = ''; ; ) {
      const left = await this.#db.select<{ profile_id: string }>(
        `SELECT profile_id FROM segment_members WHERE ${where} AND profile_id > ? ORDER BY profile_id LIMIT ?`,
        [...values, after, PORTION],
      );
      if (left.length === 0) return;
      const ids = left.map((row) => row.profile_id);
      await this.#db.run(`DELETE FROM segment_members WHERE ${where} AND profile_id IN (${marks(ids)})`, [
        ...values,
        ...ids,
      ]);
      after = ids.at(-1) ?? after;
    }
  }
}

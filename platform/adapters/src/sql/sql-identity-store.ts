import { createHash } from 'node:crypto';
import {
  type Identifier,
  type IdentityChange,
  IdentityStore,
  identifierKey,
  type LedgerEntry,
  type Link,
  type Merge,
} from '@cdp/core/identity';
import { decodeCursor, type Page, type PageRequest, toPage } from '@cdp/core/kernel';
import { marks, type SqlDatabase } from './database.js';
import { DuplicateKeyError } from './duplicate-key-error.js';

const CHUNK = 1_000;

interface MergeRow {
  tenant_id: string;
  merge_id: string;
  loser: string;
  winner: string;
  state: LedgerEntry['state'];
  merged_at: number;
  cause: string;
  moved: string;
}

/** Leaves a transaction without a trace of it where the compare of a compare-and-set fails. */
class Outdated extends Error {}

export class SqlIdentityStore extends IdentityStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async find(tenantId: string, identifiers: readonly Identifier[]): Promise<Link[]> {
    const byType = new Map<string, string[]>();
    for (const { type, value } of identifiers) {
      const values = byType.get(type);
      if (values) values.push(value);
      else byType.set(type, [value]);
    }
    const links: Link[] = [];
    for (const [type, values] of byType)
      for (const chunk of chunks(values)) {
        const rows = await this.#db.select<{ value: string; profile_id: string }>(
          `SELECT value, profile_id FROM identity_links WHERE tenant_id = ? AND type = ? AND value IN (${marks(chunk)})`,
          [tenantId, type, ...chunk],
        );
        for (const { value, profile_id } of rows) links.push({ type, value, profileId: profile_id });
      }
    return links;
  }

  override async linksOf(tenantId: string, profileIds: readonly string[]): Promise<Link[]> {
    return this.#linksOf(tenantId, profileIds);
  }

  async #linksOf(tenantId: string, profileIds: readonly string[], lock = ''): Promise<Link[]> {
    const links: Link[] = [];
    for (const chunk of chunks(profileIds)) {
      const rows = await this.#db.select<{ type: string; value: string; profile_id: string }>(
        `SELECT type, value, profile_id FROM identity_links WHERE tenant_id = ? AND profile_id IN (${marks(chunk)}) AND type <> ?${lock}`,
        [tenantId, ...chunk, DEVICE],
      );
      for (const { type, value, profile_id } of rows) links.push({ type, value, profileId: profile_id });
    }
    return links;
  }

  override async commit(tenantId: string, change: IdentityChange): Promise<boolean> {
    try {
      await this.#db.transaction(async () => {
        await this.#claim(tenantId, change.links);
        for (const merge of change.merges) await this.#merge(tenantId, merge);
      });
      return true;
    } catch (error) {
      if (error instanceof Outdated || error instanceof DuplicateKeyError) return false;
      throw error;
    }
  }

  override async assign(tenantId: string, links: readonly Link[]): Promise<void> {
    await this.#db.upsertRows(
      'identity_links',
      ['tenant_id', 'type', 'value', 'profile_id'],
      links.map(({ type, value, profileId }) => [tenantId, type, value, profileId]),
      { key: ['tenant_id', 'type', 'value'], update: ['profile_id'] },
    );
  }

  override async unannounced(limit: number): Promise<{ tenantId: string; entry: LedgerEntry }[]> {
    const rows = await this.#db.select<MergeRow>(
      "SELECT * FROM identity_merges WHERE state IN ('pending', 'undoing') ORDER BY merge_id LIMIT ?",
      [limit],
    );
    return rows.map((row) => ({ tenantId: row.tenant_id, entry: entryOf(row) }));
  }

  override async announce(tenantId: string, mergeIds: readonly string[]): Promise<void> {
    for (const chunk of chunks(mergeIds))
      await this.#db.run(
        `UPDATE identity_merges SET state = CASE state WHEN 'pending' THEN 'announced' ELSE 'undone' END
         WHERE tenant_id = ? AND state IN ('pending', 'undoing') AND merge_id IN (${marks(chunk)})`,
        [tenantId, ...chunk],
      );
  }

  override async ledger(tenantId: string, profileId: string, page: PageRequest): Promise<Page<LedgerEntry>> {
    const after = page.cursor === undefined ? '' : String(decodeCursor(page.cursor, 1)[0]);
    const rows = await this.#db.select<MergeRow>(
      `SELECT * FROM identity_merges WHERE tenant_id = ? AND (winner = ? OR loser = ?) AND merge_id > ? ORDER BY merge_id LIMIT ?`,
      [tenantId, profileId, profileId, after, page.limit + 1],
    );
    return toPage(rows.map(entryOf), page.limit, ({ mergeId }) => [mergeId]);
  }

  override async entry(tenantId: string, mergeId: string): Promise<LedgerEntry | undefined> {
    const row = await this.#db.selectOne<MergeRow>(
      'SELECT * FROM identity_merges WHERE tenant_id = ? AND merge_id = ?',
      [tenantId, mergeId],
    );
    return row && entryOf(row);
  }

  override async undo(tenantId: string, mergeId: string): Promise<LedgerEntry | undefined> {
    return this.#db.transaction(async () => {
      const row = await this.#db.selectOne<MergeRow>(
        `SELECT * FROM identity_merges WHERE tenant_id = ? AND merge_id = ?${this.#db.dialect.forUpdate}`,
        [tenantId, mergeId],
      );
      if (!row || row.state === 'undone' || row.state === 'undoing') return undefined;
      const entry = entryOf(row);
      await this.#db.run(
        "UPDATE identity_merges SET state = 'undoing', slot = ? WHERE tenant_id = ? AND merge_id = ?",
        [mergeId, tenantId, mergeId],
      );
      const links = entry.moved.map((identifier) => ({ ...identifier, profileId: entry.loser }));
      await this.assign(tenantId, links);
      await this.#countSplit();
      return { ...entry, state: 'undoing' as const };
    });
  }

  override async successorOf(tenantId: string, profileId: string): Promise<string> {
    let current = profileId;
    for (;;) {
      const row = await this.#db.selectOne<{ winner: string }>(
        "SELECT winner FROM identity_merges WHERE tenant_id = ? AND loser = ? AND slot = 'active'",
        [tenantId, current],
      );
      if (!row) return current;
      current = row.winner;
    }
  }

  override async successorsOf(tenantId: string, profileIds: readonly string[]): Promise<Map<string, string>> {
    const successors = new Map<string, string>();
    let open = new Map(profileIds.map((id) => [id, [id]]));
    while (open.size > 0) {
      const next = new Map<string, string[]>();
      for (const chunk of chunks([...open.keys()])) {
        const rows = await this.#db.select<{ loser: string; winner: string }>(
          `SELECT loser, winner FROM identity_merges WHERE tenant_id = ? AND loser IN (${marks(chunk)}) AND slot = 'active'`,
          [tenantId, ...chunk],
        );
        for (const { loser, winner } of rows) {
          const origins = open.get(loser) ?? [];
          for (const origin of origins) successors.set(origin, winner);
          next.set(winner, [...(next.get(winner) ?? []), ...origins]);
        }
      }
      open = next;
    }
    return successors;
  }

  override async erase(tenantId: string, profileId: string, at: number): Promise<Identifier[]> {
    return this.#db.transaction(async () => {
      const held = await this.#db.select<Identifier>(
        `SELECT type, value FROM identity_links WHERE tenant_id = ? AND profile_id = ?${this.#db.dialect.forUpdate}`,
        [tenantId, profileId],
      );
      const links = held.filter(({ type }) => type !== DEVICE);
      await this.#db.upsertRows(
        'identity_erased',
        ['tenant_id', 'fingerprint', 'erased_at'],
        links.map((link) => [tenantId, fingerprint(tenantId, link), at]),
        { key: ['tenant_id', 'fingerprint'], update: ['erased_at'] },
      );
      // What was read and nothing else: what somebody claims meanwhile would be deleted without being remembered as erased.
      for (const [type, group] of Map.groupBy(held, (link) => link.type))
        for (const chunk of chunks(group.map(({ value }) => value)))
          await this.#db.run(
            `DELETE FROM identity_links WHERE tenant_id = ? AND type = ? AND value IN (${marks(chunk)})`,
            [tenantId, type, ...chunk],
          );
      // The ledger goes on saying which profiles became one, without what they were called.
      await this.#db.run("UPDATE identity_merges SET moved = '[]' WHERE tenant_id = ? AND (winner = ? OR loser = ?)", [
        tenantId,
        profileId,
        profileId,
      ]);
      await this.#countSplit();
      return links.map(({ type, value }) => ({ type, value }));
    });
  }

  override async erasedAt(tenantId: string, identifiers: readonly Identifier[]): Promise<Map<string, number>> {
    const erased = new Map<string, number>();
    // Most tenants erased nobody yet: what would be looked for need not be worked out.
    if (!(await this.#db.selectOne('SELECT 1 FROM identity_erased WHERE tenant_id = ? LIMIT 1', [tenantId])))
      return erased;
    const keys = new Map(
      identifiers.map((identifier) => [fingerprint(tenantId, identifier), identifierKey(identifier)]),
    );
    for (const chunk of chunks([...keys.keys()])) {
      const rows = await this.#db.select<{ fingerprint: string; erased_at: number }>(
        `SELECT fingerprint, erased_at FROM identity_erased WHERE tenant_id = ? AND fingerprint IN (${marks(chunk)})`,
        [tenantId, ...chunk],
      );
      for (const row of rows) erased.set(keys.get(row.fingerprint) as string, row.erased_at);
    }
    return erased;
  }

  override async splits(): Promise<number> {
    const row = await this.#db.selectOne<{ splits: number }>('SELECT splits FROM identity_splits WHERE id = 1');
    return row?.splits ?? 0;
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    for (const table of ['identity_links', 'identity_merges', 'identity_erased'])
      await this.#db.deleteMany(table, 'tenant_id = ?', [tenantId]);
  }

  /** Last in its transaction: who waits for this row waits for as long as it takes to commit. */
  async #countSplit(): Promise<void> {
    await this.#db.run('UPDATE identity_splits SET splits = splits + 1 WHERE id = 1');
  }

  async #claim(tenantId: string, links: readonly Link[]): Promise<void> {
    const claimed = await this.#db.insertRows(
      'identity_links',
      ['tenant_id', 'type', 'value', 'profile_id'],
      // In one order, so that those who claim the same do not wait for each other crosswise.
      links.map(({ type, value, profileId }) => [tenantId, type, value, profileId]).sort(byKey),
      { ignoreDuplicates: true },
    );
    if (claimed < links.length) throw new Outdated();
    // Whoever claims may know the owner from before a merge: what such a profile is given would be nobody's.
    for (const chunk of chunks([...new Set(links.map(({ profileId }) => profileId))])) {
      const merged = await this.#db.selectOne(
        `SELECT loser FROM identity_merges WHERE tenant_id = ? AND loser IN (${marks(chunk)}) AND slot = 'active' LIMIT 1${this.#db.dialect.forUpdate}`,
        [tenantId, ...chunk],
      );
      if (merged) throw new Outdated();
    }
  }

  async #merge(tenantId: string, { mergeId, loser, winner, at, cause }: Merge): Promise<void> {
    const { forUpdate } = this.#db.dialect;
    // The row comes first. Who gives the loser something after it waits and finds it; who did so before is waited for below.
    await this.#db.insertRows(
      'identity_merges',
      ['tenant_id', 'merge_id', 'loser', 'winner', 'slot', 'state', 'merged_at', 'cause', 'moved'],
      [[tenantId, mergeId, loser, winner, 'active', 'pending', at, cause.slice(0, 255), '[]']],
    );
    // A winner that was merged away meanwhile cannot take anybody in.
    const gone = await this.#db.selectOne(
      `SELECT merge_id FROM identity_merges WHERE tenant_id = ? AND loser = ? AND slot = 'active'${forUpdate}`,
      [tenantId, winner],
    );
    if (gone) throw new Outdated();
    // And who is on the way into the loser arrives there first.
    await this.#db.select(`SELECT merge_id FROM identity_merges WHERE tenant_id = ? AND winner = ?${forUpdate}`, [
      tenantId,
      loser,
    ]);
    const moved = await this.#linksOf(tenantId, [loser], forUpdate);
    if (moved.length === 0) throw new Outdated();
    await this.#db.run('UPDATE identity_merges SET moved = ? WHERE tenant_id = ? AND merge_id = ?', [
      JSON.stringify(moved.map(({ type, value }) => ({ type, value }))),
      tenantId,
      mergeId,
    ]);
    await this.#db.run('UPDATE identity_links SET profile_id = ? WHERE tenant_id = ? AND profile_id = ?', [
      winner,
      tenantId,
      loser,
    ]);
  }
}

/** Push tokens are kept beside the identifiers but name nobody: they never join two people. */
const DEVICE = 'device';

function byKey(one: readonly string[], other: readonly string[]): number {
  const at = one.findIndex((part, index) => part !== other[index]);
  return at < 0 ? 0 : (one[at] as string) < (other[at] as string) ? -1 : 1;
}

function* chunks<T>(items: readonly T[]): Iterable<readonly T[]> {
  for (let start = 0; start < items.length; start += CHUNK) yield items.slice(start, start + CHUNK);
}

const fingerprint = (tenantId: string, identifier: Identifier): string =>
  createHash('sha256')
    .update(`${tenantId}\u0000${identifierKey(identifier)}`)
    .digest('hex');

const entryOf = (row: MergeRow): LedgerEntry => ({
  mergeId: row.merge_id,
  loser: row.loser,
  winner: row.winner,
  at: row.merged_at,
  cause: row.cause,
  state: row.state,
  moved: JSON.parse(row.moved),
});

import { type ConsentPolicy, type ConsentStatement, ConsentStore } from '@cdp/core/consent';
import { marks, type SqlDatabase } from './database.js';

const COLUMNS = [
  'tenant_id',
  'profile_id',
  'owner_id',
  'channel',
  'topic',
  'status',
  'at',
  'source',
  'published',
] as const;
const KEY = ['tenant_id', 'profile_id', 'channel', 'topic'] as const;
/** Bound values of one statement: below every engine's limit. */
const ASKED_AT_ONCE = 2_000;

interface Row {
  tenant_id: string;
  profile_id: string;
  owner_id: string;
  channel: string;
  topic: string;
  status: ConsentStatement['status'];
  at: number;
  source: string;
}

const statementOf = (row: Row): ConsentStatement => ({
  profileId: row.profile_id,
  channel: row.channel,
  topic: row.topic,
  status: row.status,
  at: row.at,
  source: row.source,
});

/** What counts for whom, the last word on each channel and topic alone. */
function lastWords(rows: readonly Row[]): ConsentStatement[] {
  const last = new Map<string, ConsentStatement>();
  for (const row of rows) {
    const said = { ...statementOf(row), profileId: row.owner_id };
    if ((last.get(keyOf(said))?.at ?? -1) < said.at) last.set(keyOf(said), said);
  }
  return [...last.values()];
}

const keyOf = (one: ConsentStatement): string => `${one.profileId}\0${one.channel}\0${one.topic}`;

export class SqlConsentStore extends ConsentStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async policies(tenantId: string): Promise<ConsentPolicy[]> {
    return this.#db.select<ConsentPolicy>(
      'SELECT channel, topic, mode FROM consent_policies WHERE tenant_id = ? ORDER BY channel, topic',
      [tenantId],
    );
  }

  override async putPolicy(tenantId: string, policy: ConsentPolicy, at: number): Promise<void> {
    await this.#db.upsertRows(
      'consent_policies',
      ['tenant_id', 'channel', 'topic', 'mode', 'updated_at'],
      [[tenantId, policy.channel, policy.topic, policy.mode, at]],
      { key: ['tenant_id', 'channel', 'topic'] },
    );
  }

  override async deletePolicy(tenantId: string, channel: string, topic: string): Promise<boolean> {
    const { changes } = await this.#db.run(
      'DELETE FROM consent_policies WHERE tenant_id = ? AND channel = ? AND topic = ?',
      [tenantId, channel, topic],
    );
    return changes > 0;
  }

  override async record(tenantId: string, statements: readonly ConsentStatement[]): Promise<ConsentStatement[]> {
    return this.#db.transaction(async () => {
      const last = new Map<string, ConsentStatement>();
      for (const one of statements) if ((last.get(keyOf(one))?.at ?? -1) <= one.at) last.set(keyOf(one), one);
      const profileIds = [...new Set(statements.map((one) => one.profileId))];
      for (let from = 0; from < profileIds.length; from += ASKED_AT_ONCE) {
        const ids = profileIds.slice(from, from + ASKED_AT_ONCE);
        const rows = await this.#db.select<Row>(
          `SELECT ${COLUMNS.join(', ')} FROM profile_consents
           WHERE tenant_id = ? AND owner_id IN (${marks(ids)})${this.#db.dialect.forUpdate}`,
          [tenantId, ...ids],
        );
        for (const known of lastWords(rows))
          if ((last.get(keyOf(known))?.at ?? Number.POSITIVE_INFINITY) <= known.at) last.delete(keyOf(known));
      }
      const effective = [...last.values()];
      await this.#db.upsertRows(
        'profile_consents',
        COLUMNS,
        effective.map((one) => [
          tenantId,
          one.profileId,
          one.profileId,
          one.channel,
          one.topic,
          one.status,
          one.at,
          one.source,
          0,
        ]),
        // Of two that say something new at once neither sees the other's row: the later word stays, whoever comes last.
        { key: KEY, newerBy: 'at' },
      );
      return effective;
    });
  }

  override async statementsOf(tenantId: string, profileId: string): Promise<ConsentStatement[]> {
    const rows = await this.#db.select<Row>(
      `SELECT ${COLUMNS.join(', ')} FROM profile_consents WHERE tenant_id = ? AND owner_id = ? ORDER BY channel, topic`,
      [tenantId, profileId],
    );
    return lastWords(rows);
  }

  override async statementsOn(
    tenantId: string,
    channel: string,
    profileIds: readonly string[],
  ): Promise<Map<string, ConsentStatement[]>> {
    const found = new Map<string, ConsentStatement[]>();
    for (let from = 0; from < profileIds.length; from += ASKED_AT_ONCE) {
      const ids = profileIds.slice(from, from + ASKED_AT_ONCE);
      const rows = await this.#db.select<Row>(
        `SELECT ${COLUMNS.join(', ')} FROM profile_consents
         WHERE tenant_id = ? AND owner_id IN (${marks(ids)}) AND channel = ?`,
        [tenantId, ...ids, channel],
      );
      for (const statement of lastWords(rows)) {
        const said = found.get(statement.profileId);
        if (said) said.push(statement);
        else found.set(statement.profileId, [statement]);
      }
    }
    return found;
  }

  override async unpublished(limit: number): Promise<{ tenantId: string; statement: ConsentStatement }[]> {
    const rows = await this.#db.select<Row>(
      `SELECT ${COLUMNS.join(', ')} FROM profile_consents WHERE published = 0 LIMIT ?`,
      [limit],
    );
    return rows.map((row) => ({ tenantId: row.tenant_id, statement: statementOf(row) }));
  }

  override async markPublished(tenantId: string, statements: readonly ConsentStatement[]): Promise<void> {
    await this.#db.transaction(async () => {
      for (const one of statements)
        await this.#db.run(
          `UPDATE profile_consents SET published = 1
           WHERE tenant_id = ? AND profile_id = ? AND channel = ? AND topic = ? AND at = ? AND status = ?`,
          [tenantId, one.profileId, one.channel, one.topic, one.at, one.status],
        );
    });
  }

  override async holdsAny(tenantId: string, profileId: string): Promise<boolean> {
    const row = await this.#db.selectOne(
      'SELECT channel FROM profile_consents WHERE tenant_id = ? AND owner_id = ? LIMIT 1',
      [tenantId, profileId],
    );
    return row !== undefined;
  }

  override async give(tenantId: string, profileIds: readonly string[], ownerId: string): Promise<void> {
    for (let from = 0; from < profileIds.length; from += ASKED_AT_ONCE) {
      const ids = profileIds.slice(from, from + ASKED_AT_ONCE);
      await this.#db.run(
        `UPDATE profile_consents SET owner_id = ? WHERE tenant_id = ? AND profile_id IN (${marks(ids)})`,
        [ownerId, tenantId, ...ids],
      );
    }
  }

  override async erase(tenantId: string, profileId: string): Promise<number> {
    const { changes } = await this.#db.run(
      'DELETE FROM profile_consents WHERE tenant_id = ? AND (profile_id = ? OR owner_id = ?)',
      [tenantId, profileId, profileId],
    );
    return changes;
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    for (const table of ['consent_policies', 'profile_consents'])
      await this.#db.deleteMany(table, 'tenant_id = ?', [tenantId]);
  }
}

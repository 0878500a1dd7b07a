import { decodeCursor, type Page, type PageRequest, toPage } from '@cdp/core/kernel';
import { type Aggregate, AggregateStore } from '@cdp/core/segment';
import type { SqlDatabase } from './database.js';
import { DuplicateKeyError } from './duplicate-key-error.js';
import { forgetDefinitionChanges, noteDefinitionChange } from './sql-definition-changes.js';
import type { SqlValue } from './sql-dialect.js';

interface Row {
  tenant_id: string;
  id: string;
  definition: string;
  version: number;
  live_since: number;
  time_zone: string;
  created_at: number;
  updated_at: number;
}

export class SqlAggregateStore extends AggregateStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async insert(tenantId: string, aggregate: Aggregate): Promise<boolean> {
    const values: Record<string, SqlValue> = {
      tenant_id: tenantId,
      id: aggregate.id,
      name: aggregate.definition.name,
      definition: JSON.stringify(aggregate.definition),
      version: aggregate.version,
      live_since: aggregate.since,
      time_zone: aggregate.timeZone,
      created_at: aggregate.createdAt,
      updated_at: aggregate.updatedAt,
    };
    try {
      await this.#change(tenantId, () =>
        this.#db.insertRows('aggregates', Object.keys(values), [Object.values(values)]),
      );
      return true;
    } catch (error) {
      if (error instanceof DuplicateKeyError) return false;
      throw error;
    }
  }

  override async get(tenantId: string, id: string): Promise<Aggregate | undefined> {
    const key = [tenantId, id];
    const row = await this.#db.selectOne<Row>('SELECT * FROM aggregates WHERE tenant_id = ? AND id = ?', key);
    return row && aggregateOf(row);
  }

  override async replace(
    tenantId: string,
    { id, definition, version, since, timeZone, updatedAt }: Aggregate,
    expected: number,
  ): Promise<'changed' | 'outdated' | 'taken'> {
    try {
      const { changes } = await this.#change(tenantId, () =>
        this.#db.run(
          'UPDATE aggregates SET name = ?, definition = ?, version = ?, live_since = ?, time_zone = ?, updated_at = ? WHERE tenant_id = ? AND id = ? AND version = ?',
          [definition.name, JSON.stringify(definition), version, since, timeZone, updatedAt, tenantId, id, expected],
        ),
      );
      return changes === 1 ? 'changed' : 'outdated';
    } catch (error) {
      if (error instanceof DuplicateKeyError) return 'taken';
      throw error;
    }
  }

  override async list(tenantId: string, page: PageRequest): Promise<Page<Aggregate>> {
    const after = page.cursor === undefined ? '' : String(decodeCursor(page.cursor, 1)[0]);
    const rows = await this.#db.select<Row>(
      'SELECT * FROM aggregates WHERE tenant_id = ? AND id > ? ORDER BY id LIMIT ?',
      [tenantId, after, page.limit + 1],
    );
    return toPage(rows.map(aggregateOf), page.limit, ({ id }) => [id]);
  }

  override async all(tenantId: string): Promise<Aggregate[]> {
    const rows = await this.#db.select<Row>('SELECT * FROM aggregates WHERE tenant_id = ? ORDER BY id', [tenantId]);
    return rows.map(aggregateOf);
  }

  override async everywhere(page: PageRequest): Promise<Page<Aggregate>> {
    const [tenant, id] = page.cursor === undefined ? ['', ''] : decodeCursor(page.cursor, 2).map(String);
    const rows = await this.#db.select<Row>(
      'SELECT * FROM aggregates WHERE tenant_id > ? OR (tenant_id = ? AND id > ?) ORDER BY tenant_id, id LIMIT ?',
      [tenant as string, tenant as string, id as string, page.limit + 1],
    );
    return toPage(rows.map(aggregateOf), page.limit, (aggregate) => [aggregate.tenantId, aggregate.id]);
  }

  override async delete(tenantId: string, id: string): Promise<boolean> {
    const { changes } = await this.#change(tenantId, () =>
      this.#db.run('DELETE FROM aggregates WHERE tenant_id = ? AND id = ?', [tenantId, id]),
    );
    return changes === 1;
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    await this.#db.run('DELETE FROM aggregates WHERE tenant_id = ?', [tenantId]);
    await forgetDefinitionChanges(this.#db, tenantId);
  }

  #change<T>(tenantId: string, write: () => Promise<T>): Promise<T> {
    return this.#db.transaction(async () => {
      await noteDefinitionChange(this.#db, tenantId);
      return write();
    });
  }
}

const aggregateOf = (row: Row): Aggregate => ({
  id: row.id,
  tenantId: row.tenant_id,
  definition: JSON.parse(row.definition),
  version: row.version,
  since: row.live_since,
  timeZone: row.time_zone,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

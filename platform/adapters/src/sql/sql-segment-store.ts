import { decodeCursor, type Page, type PageRequest, toPage } from '@cdp/core/kernel';
import { type Segment, SegmentStore } from '@cdp/core/segment';
import type { SqlDatabase } from './database.js';
import { DuplicateKeyError } from './duplicate-key-error.js';
import { noteDefinitionChange } from './sql-definition-changes.js';
import type { SqlValue } from './sql-dialect.js';

interface Row {
  tenant_id: string;
  id: string;
  name: string;
  rule: string;
  version: number;
  state: Segment['state'];
  live: string | null;
  built_size: number;
  built_at: number | null;
  problem: string | null;
  created_at: number;
  updated_at: number;
}

export class SqlSegmentStore extends SegmentStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async insert(tenantId: string, segment: Segment): Promise<boolean> {
    const values: Record<string, SqlValue> = {
      tenant_id: tenantId,
      id: segment.id,
      name: segment.name,
      rule: JSON.stringify(segment.rule),
      version: segment.version,
      state: segment.state,
      live: segment.live && JSON.stringify(segment.live),
      built_size: segment.builtSize,
      built_at: segment.builtAt,
      problem: segment.problem,
      created_at: segment.createdAt,
      updated_at: segment.updatedAt,
    };
    try {
      await this.#change(tenantId, () => this.#db.insertRows('segments', Object.keys(values), [Object.values(values)]));
      return true;
    } catch (error) {
      if (error instanceof DuplicateKeyError) return false;
      throw error;
    }
  }

  override async get(tenantId: string, id: string): Promise<Segment | undefined> {
    const row = await this.#db.selectOne<Row>('SELECT * FROM segments WHERE tenant_id = ? AND id = ?', [tenantId, id]);
    return row && segmentOf(row);
  }

  override async replace(
    tenantId: string,
    segment: Segment,
    expected: number,
  ): Promise<'changed' | 'outdated' | 'taken'> {
    try {
      const { changes } = await this.#change(tenantId, () =>
        this.#db.run(
          'UPDATE segments SET name = ?, rule = ?, version = ?, state = ?, updated_at = ? WHERE tenant_id = ? AND id = ? AND version = ?',
          [
            segment.name,
            JSON.stringify(segment.rule),
            segment.version,
            segment.state,
            segment.updatedAt,
            tenantId,
            segment.id,
            expected,
          ],
        ),
      );
      return changes === 1 ? 'changed' : 'outdated';
    } catch (error) {
      if (error instanceof DuplicateKeyError) return 'taken';
      throw error;
    }
  }

  override async settle(
    tenantId: string,
    id: string,
    version: number,
    { state, live, builtSize, builtAt, problem }: Pick<Segment, 'state' | 'live' | 'builtSize' | 'builtAt' | 'problem'>,
  ): Promise<boolean> {
    const { changes } = await this.#change(tenantId, () =>
      this.#db.run(
        'UPDATE segments SET state = ?, live = ?, built_size = ?, built_at = ?, problem = ? WHERE tenant_id = ? AND id = ? AND version = ?',
        [state, live && JSON.stringify(live), builtSize, builtAt, problem, tenantId, id, version],
      ),
    );
    return changes === 1;
  }

  override async list(tenantId: string, page: PageRequest): Promise<Page<Segment>> {
    const after = page.cursor === undefined ? '' : String(decodeCursor(page.cursor, 1)[0]);
    const rows = await this.#db.select<Row>(
      'SELECT * FROM segments WHERE tenant_id = ? AND id > ? ORDER BY id LIMIT ?',
      [tenantId, after, page.limit + 1],
    );
    return toPage(rows.map(segmentOf), page.limit, ({ id }) => [id]);
  }

  override async all(tenantId: string): Promise<Segment[]> {
    return (await this.#db.select<Row>('SELECT * FROM segments WHERE tenant_id = ? ORDER BY id', [tenantId])).map(
      segmentOf,
    );
  }

  override async everywhere(page: PageRequest): Promise<Page<Segment>> {
    const [tenant, id] = page.cursor === undefined ? ['', ''] : decodeCursor(page.cursor, 2).map(String);
    const rows = await this.#db.select<Row>(
      'SELECT * FROM segments WHERE tenant_id > ? OR (tenant_id = ? AND id > ?) ORDER BY tenant_id, id LIMIT ?',
      [tenant as string, tenant as string, id as string, page.limit + 1],
    );
    return toPage(rows.map(segmentOf), page.limit, (segment) => [segment.tenantId, segment.id]);
  }

  override async delete(tenantId: string, id: string): Promise<boolean> {
    const { changes } = await this.#change(tenantId, () =>
      this.#db.run('DELETE FROM segments WHERE tenant_id = ? AND id = ?', [tenantId, id]),
    );
    return changes === 1;
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    await this.#db.run('DELETE FROM segments WHERE tenant_id = ?', [tenantId]);
  }

  #change<T>(tenantId: string, write: () => Promise<T>): Promise<T> {
    return this.#db.transaction(async () => {
      await noteDefinitionChange(this.#db, tenantId);
      return write();
    });
  }
}

const segmentOf = (row: Row): Segment => ({
  id: row.id,
  tenantId: row.tenant_id,
  name: row.name,
  rule: JSON.parse(row.rule),
  version: row.version,
  state: row.state,
  live: row.live === null ? null : JSON.parse(row.live),
  builtSize: row.built_size,
  builtAt: row.built_at,
  problem: row.problem,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

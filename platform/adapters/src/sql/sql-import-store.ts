import { type ImportFormat, type ImportJob, ImportStore } from '@cdp/core/ingest';
import { decodeCursor, type Page, type PageRequest, toPage } from '@cdp/core/kernel';
import type { SqlDatabase } from './database.js';
import type { SqlValue } from './sql-dialect.js';

interface ImportRow {
  tenant_id: string;
  id: string;
  app_id: string;
  state: ImportJob['state'];
  format: ImportFormat;
  mapping: string;
  file: string;
  bytes: number;
  rows_read: number;
  rows_accepted: number;
  rows_rejected: number;
  problem: string | null;
  created_at: number;
  finished_at: number | null;
}

export class SqlImportStore extends ImportStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async insert(tenantId: string, job: ImportJob): Promise<void> {
    const values: Record<string, SqlValue> = {
      tenant_id: tenantId,
      id: job.id,
      app_id: job.appId,
      state: job.state,
      format: job.format,
      mapping: JSON.stringify(job.mapping),
      file: job.file,
      bytes: job.bytes,
      bytes_done: 0,
      rows_read: job.rows,
      rows_accepted: job.accepted,
      rows_rejected: job.rejected,
      problem: null,
      created_at: job.createdAt,
      finished_at: null,
    };
    await this.#db.insertRows('imports', Object.keys(values), [Object.values(values)]);
  }

  override async update(tenantId: string, job: ImportJob): Promise<void> {
    await this.#db.run(
      `UPDATE imports SET state = ?, rows_read = ?, rows_accepted = ?, rows_rejected = ?, problem = ?, finished_at = ?
       WHERE tenant_id = ? AND id = ?`,
      [job.state, job.rows, job.accepted, job.rejected, job.problem ?? null, job.finishedAt ?? null, tenantId, job.id],
    );
  }

  override async get(tenantId: string, id: string): Promise<ImportJob | undefined> {
    const row = await this.#db.selectOne<ImportRow>('SELECT * FROM imports WHERE tenant_id = ? AND id = ?', [
      tenantId,
      id,
    ]);
    return row && jobOf(row);
  }

  override async list(tenantId: string, page: PageRequest): Promise<Page<ImportJob>> {
    const before = page.cursor === undefined ? '~' : String(decodeCursor(page.cursor, 1)[0]);
    const rows = await this.#db.select<ImportRow>(
      'SELECT * FROM imports WHERE tenant_id = ? AND id < ? ORDER BY id DESC LIMIT ?',
      [tenantId, before, page.limit + 1],
    );
    return toPage(rows.map(jobOf), page.limit, ({ id }) => [id]);
  }

  override async unfinished(limit: number): Promise<ImportJob[]> {
    const rows = await this.#db.select<ImportRow>(
      "SELECT * FROM imports WHERE state IN ('queued', 'running') ORDER BY id LIMIT ?",
      [limit],
    );
    return rows.map(jobOf);
  }

  override async finishedBefore(instant: number, limit: number): Promise<ImportJob[]> {
    const rows = await this.#db.select<ImportRow>(
      "SELECT * FROM imports WHERE state IN ('completed', 'failed') AND finished_at < ? LIMIT ?",
      [instant, limit],
    );
    return rows.map(jobOf);
  }

  override async delete(tenantId: string, id: string): Promise<void> {
    await this.#db.run('DELETE FROM imports WHERE tenant_id = ? AND id = ?', [tenantId, id]);
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    await this.#db.run('DELETE FROM imports WHERE tenant_id = ?', [tenantId]);
  }
}

const jobOf = (row: ImportRow): ImportJob => ({
  id: row.id,
  tenantId: row.tenant_id,
  appId: row.app_id,
  state: row.state,
  format: row.format,
  mapping: JSON.parse(row.mapping),
  file: row.file,
  bytes: row.bytes,
  rows: row.rows_read,
  accepted: row.rows_accepted,
  rejected: row.rows_rejected,
  ...(row.problem === null ? {} : { problem: row.problem }),
  createdAt: row.created_at,
  ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
});

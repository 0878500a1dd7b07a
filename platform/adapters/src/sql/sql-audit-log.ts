import { decodeCursor, type Page, type PageRequest, toPage } from '@cdp/core/kernel';
import { type Actor, type AuditEntry, type AuditFilter, AuditLog } from '@cdp/core/tenancy';
import type { SqlDatabase } from './database.js';
import type { SqlValue } from './sql-dialect.js';

interface AuditRow {
  tenant_id: string;
  id: string;
  happened_at: number;
  actor_kind: Actor['kind'];
  actor_id: string;
  actor_email: string | null;
  actor_address: string | null;
  correlation_id: string | null;
  action: string;
  resource: string;
  resource_id: string;
  state_before: string | null;
  state_after: string | null;
}

const entryOf = (row: AuditRow): AuditEntry => ({
  id: row.id,
  tenantId: row.tenant_id,
  at: row.happened_at,
  actor: {
    kind: row.actor_kind,
    id: row.actor_id,
    ...(row.actor_email !== null && { email: row.actor_email }),
    ...(row.actor_address !== null && { address: row.actor_address }),
    ...(row.correlation_id !== null && { correlationId: row.correlation_id }),
  },
  action: row.action,
  resource: row.resource,
  resourceId: row.resource_id,
  before: row.state_before === null ? null : JSON.parse(row.state_before),
  after: row.state_after === null ? null : JSON.parse(row.state_after),
});

const text = (value: object | null): string | null => (value === null ? null : JSON.stringify(value));

export class SqlAuditLog extends AuditLog {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async append(tenantId: string, entry: AuditEntry): Promise<void> {
    const { id, at, actor, action, resource, resourceId, before, after } = entry;
    await this.#db.insertRows(
      'audit_log',
      [
        'tenant_id',
        'id',
        'happened_at',
        'actor_kind',
        'actor_id',
        'actor_email',
        'actor_address',
        'correlation_id',
        'action',
        'resource',
        'resource_id',
        'state_before',
        'state_after',
      ],
      [
        [
          tenantId,
          id,
          at,
          actor.kind,
          actor.id,
          actor.email,
          actor.address,
          actor.correlationId,
          action,
          resource,
          resourceId,
          text(before),
          text(after),
        ],
      ],
    );
  }

  /** By id, which grows with time. */
  override async list(
    tenantId: string,
    filter: AuditFilter,
    { limit, cursor }: PageRequest,
  ): Promise<Page<AuditEntry>> {
    const conditions: [string, SqlValue][] = [['tenant_id = ?', tenantId]];
    if (filter.actorId !== undefined) conditions.push(['actor_id = ?', filter.actorId]);
    if (filter.action !== undefined) conditions.push(['action = ?', filter.action]);
    if (filter.resource !== undefined) conditions.push(['resource = ?', filter.resource]);
    if (filter.resourceId !== undefined) conditions.push(['resource_id = ?', filter.resourceId]);
    if (filter.from !== undefined) conditions.push(['happened_at >= ?', filter.from]);
    if (filter.to !== undefined) conditions.push(['happened_at < ?', filter.to]);
    if (cursor !== undefined) conditions.push(['id < ?', String(decodeCursor(cursor, 1)[0])]);
    const rows = await this.#db.selectLate<AuditRow>(
      `SELECT * FROM audit_log WHERE ${conditions.map(([condition]) => condition).join(' AND ')} ORDER BY id DESC LIMIT ?`,
      [...conditions.map(([, value]) => value), limit + 1],
    );
    return toPage(rows.map(entryOf), limit, ({ id }) => [id]);
  }
}

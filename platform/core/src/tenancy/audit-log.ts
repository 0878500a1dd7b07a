import type { JsonObject, Page, PageRequest } from '../kernel/index.js';
import type { Actor } from './actor.js';

/** Tenant of what was done to the platform itself. */
export const PLATFORM_TENANT = 'platform';

/** One change: who did what to which thing, and what it was before and after. */
export interface AuditEntry {
  id: string;
  tenantId: string;
  /** Epoch milliseconds. */
  at: number;
  actor: Actor;
  /** What was done, such as `create`, `update`, `rotate`. */
  action: string;
  /** Kind of the thing, such as `App`. */
  resource: string;
  resourceId: string;
  /** Without secrets. Null: there was nothing before, or there is nothing after. */
  before: JsonObject | null;
  after: JsonObject | null;
}

export interface AuditFilter {
  actorId?: string | undefined;
  action?: string | undefined;
  resource?: string | undefined;
  resourceId?: string | undefined;
  /** Epoch milliseconds: at or after, and before. */
  from?: number | undefined;
  to?: number | undefined;
}

/** Written with the change that it tells of, in one unit of work; only ever appended to. */
export abstract class AuditLog {
  abstract append(tenantId: string, entry: AuditEntry): Promise<void>;

  /** Newest first. */
  abstract list(tenantId: string, filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>>;
}

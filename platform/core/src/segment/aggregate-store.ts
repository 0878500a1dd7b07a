import type { Page, PageRequest } from '../kernel/index.js';
import type { Aggregate } from './aggregate.js';

/** Definitions of named aggregates. Names of one tenant's aggregates differ. */
export abstract class AggregateStore {
  /** False when the name is taken. */
  abstract insert(tenantId: string, aggregate: Aggregate): Promise<boolean>;
  abstract get(tenantId: string, id: string): Promise<Aggregate | undefined>;

  /** Replaces the aggregate where its version is still `expected`: `changed`, `outdated`, or `taken` for a name in use. */
  abstract replace(tenantId: string, aggregate: Aggregate, expected: number): Promise<'changed' | 'outdated' | 'taken'>;

  /** By id. */
  abstract list(tenantId: string, page: PageRequest): Promise<Page<Aggregate>>;
  abstract all(tenantId: string): Promise<Aggregate[]>;

  /** Every aggregate of every tenant, a page at a time, for the start of a process. */
  abstract everywhere(page: PageRequest): Promise<Page<Aggregate>>;
  abstract delete(tenantId: string, id: string): Promise<boolean>;
  abstract deleteTenant(tenantId: string): Promise<void>;
}

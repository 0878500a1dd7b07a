import { type Logger, SilentLogger } from '@cdp/core/kernel';
import type { DuckdbTenants } from './duckdb-tenants.js';
import { makeHabits, swapHabits } from './event-habits.js';
import type { TenantTables } from './tenant-tables.js';

export interface HabitKeeperOptions {
  /**
   * New events of a tenant at which its habits are counted anew, once they are also a quarter of those counted before.
   * Fewer: faster questions, more work in the background. Default 1,000,000.
   */
  habitsAt?: number | undefined;
  logger?: Logger;
}

/**
 * Keeps how often and when last each profile did what, beside the writers: a table is made from what is committed, and
 * the writer's turn is needed only to put it in place. One tenant's at a time.
 */
export class HabitKeeper {
  readonly #tenants: DuckdbTenants;
  readonly #at: number;
  readonly #logger: Logger;
  readonly #waiting = new Set<TenantTables>();

  constructor(tenants: DuckdbTenants, { habitsAt = 1_000_000, logger = new SilentLogger() }: HabitKeeperOptions) {
    this.#tenants = tenants;
    this.#at = habitsAt;
    this.#logger = logger;
  }

  /** Starts counting when enough has come; does not wait for it. */
  consider(tables: TenantTables): void {
    const { counted, fresh } = tables.habits;
    if (fresh < Math.max(this.#at, counted / 4) || this.#waiting.has(tables)) return;
    this.keep(tables).catch((error: unknown) => {
      this.#logger.warn('Habits could not be counted; questions read the events until they are.', { error });
    });
  }

  async keep(tables: TenantTables): Promise<void> {
    this.#waiting.add(tables);
    try {
      while (!(await this.#tenants.alone(tables, () => this.#count(tables))));
    } finally {
      this.#waiting.delete(tables);
    }
  }

  /** False when a profile was erased meanwhile, so that the table may still count what is gone. */
  async #count(tables: TenantTables): Promise<boolean> {
    const { database } = this.#tenants;
    const until = tables.nextBatch - 1;
    const { erasures } = tables;
    if (until <= tables.habits.until) return true;
    await database.aside((session) => makeHabits(session, tables, until));
    return database.write(async (session) => {
      if (tables.erasures !== erasures) return false;
      await swapHabits(session, tables, until);
      return true;
    });
  }
}

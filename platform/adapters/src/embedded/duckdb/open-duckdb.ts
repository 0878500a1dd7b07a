import { DuckdbAudience, type DuckdbAudienceOptions } from './duckdb-audience.js';
import { DuckdbDatabase, type DuckdbOptions } from './duckdb-database.js';
import { DuckdbEventStore } from './duckdb-event-store.js';
import { DuckdbPositions } from './duckdb-positions.js';
import { DuckdbTenants } from './duckdb-tenants.js';
import type { HabitKeeperOptions } from './habit-keeper.js';

export interface DuckdbStoreOptions extends DuckdbOptions, HabitKeeperOptions, DuckdbAudienceOptions {
  /** Typed columns for event properties of a tenant, at most; values beyond are kept and found, more slowly. Default 100. */
  propertyColumns?: number | undefined;
  /** The same for traits. Default 200. */
  traitColumns?: number | undefined;
}

/** The stores that share one database file. */
export interface DuckdbStores {
  database: DuckdbDatabase;
  events: DuckdbEventStore;
  audience: DuckdbAudience;
  close(): Promise<void>;
}

/** Opens the file, or makes it. `CdpError('unavailable')` when another process has it open. */
export async function openDuckdb(options: DuckdbStoreOptions): Promise<DuckdbStores> {
  const database = await DuckdbDatabase.open(options);
  const tenants = await DuckdbTenants.open(database, {
    properties: options.propertyColumns ?? 100,
    traits: options.traitColumns ?? 200,
  });
  const positions = await DuckdbPositions.open(database);
  const events = new DuckdbEventStore(tenants, positions, options);
  const audience = new DuckdbAudience(tenants, positions, options);
  return { database, events, audience, close: () => audience.close() };
}

import type { DuckdbDatabase } from './duckdb-database.js';
import { schemaNameOf, TENANT_PREFIX } from './schema-name.js';
import { type ColumnBounds, loadTenantTables, type TenantTables, tenantTables } from './tenant-tables.js';
import { TurnQueue } from './turn-queue.js';

/** The tables of each tenant, made when the tenant first has something to keep. */
export class DuckdbTenants {
  readonly database: DuckdbDatabase;
  readonly #bounds: ColumnBounds;
  readonly #schemas: Set<string>;
  readonly #alone = new TurnQueue([undefined]);
  readonly #tables = new Map<string, Promise<TenantTables>>();

  private constructor(database: DuckdbDatabase, bounds: ColumnBounds, schemas: Set<string>) {
    this.database = database;
    this.#bounds = bounds;
    this.#schemas = schemas;
  }

  static async open(database: DuckdbDatabase, bounds: ColumnBounds): Promise<DuckdbTenants> {
    const rows = await database.read((session) =>
      session.rows<{ name: string }>(
        'SELECT schema_name AS name FROM duckdb_schemas() WHERE database_name = current_database()',
      ),
    );
    const names = rows.map(({ name }) => name).filter((name) => name.startsWith(TENANT_PREFIX));
    return new DuckdbTenants(database, bounds, new Set(names));
  }

  /** The tables of a tenant, unless it has never kept anything. */
  async find(tenantId: string): Promise<TenantTables | undefined> {
    return this.#schemas.has(schemaNameOf(tenantId)) ? this.#load(schemaNameOf(tenantId)) : undefined;
  }

  /** The tables of a tenant; makes them. Not to be called inside a write, whose turn it would wait for. */
  async ensure(tenantId: string): Promise<TenantTables> {
    const name = schemaNameOf(tenantId);
    if (!this.#schemas.has(name)) {
      await this.database.write(async (session) => {
        session.afterCommit(() => this.#schemas.add(name));
        for (const statement of tenantTables(`"${name}"`)) await session.run(statement);
      });
    }
    return this.#load(name);
  }

  async drop(tenantId: string): Promise<void> {
    const name = schemaNameOf(tenantId);
    await this.#alone.with(() =>
      this.database.write(async (session) => {
        session.afterCommit(() => {
          this.#schemas.delete(name);
          this.#tables.delete(name);
        });
        await session.run(`DROP SCHEMA IF EXISTS "${name}" CASCADE`);
      }),
    );
  }

  /** Work of length on a tenant's tables, which are not dropped meanwhile. Answers true at once when they are gone. */
  alone(tables: TenantTables, work: () => Promise<boolean>): Promise<boolean> {
    return this.#alone.with(async () => ((await this.#tables.get(tables.name)) === tables ? work() : true));
  }

  #load(name: string): Promise<TenantTables> {
    let tables = this.#tables.get(name);
    if (tables === undefined) {
      tables = this.database.read((session) => loadTenantTables(session, name, this.#bounds));
      this.#tables.set(name, tables);
      tables.catch(() => this.#tables.delete(name));
    }
    return tables;
  }
}

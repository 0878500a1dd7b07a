import type { DuckdbDatabase } from './duckdb-database.js';
import type { DuckdbSession } from './duckdb-session.js';

export type Projection = 'events' | 'profiles';

/** How far each projection has applied each partition of the log; written in the transaction of the effects. */
export class DuckdbPositions {
  readonly #next = new Map<string, number>();

  static async open(database: DuckdbDatabase): Promise<DuckdbPositions> {
    const positions = new DuckdbPositions();
    await database.write((session) =>
      session.run('CREATE TABLE IF NOT EXISTS positions (projection VARCHAR, part INTEGER, next BIGINT)'),
    );
    const rows = await database.read((session) =>
      session.rows<{ projection: string; part: number; next: number }>('FROM positions'),
    );
    for (const { projection, part, next } of rows) positions.#next.set(`${projection} ${part}`, next);
    return positions;
  }

  of(projection: Projection, partition: number): number | undefined {
    return this.#next.get(`${projection} ${partition}`);
  }

  /** With the commit of the transaction under way. */
  advance(session: DuckdbSession, projection: Projection, partition: number, next: number): void {
    const key = `${projection} ${partition}`;
    session.beforeCommit(
      this.#next.has(key)
        ? `UPDATE positions SET next = ${next} WHERE projection = '${projection}' AND part = ${partition}`
        : `INSERT INTO positions VALUES ('${projection}', ${partition}, ${next})`,
    );
    session.afterCommit(() => this.#next.set(key, next));
  }
}

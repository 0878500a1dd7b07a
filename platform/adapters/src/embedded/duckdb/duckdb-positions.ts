import type { DuckdbDatabase } from './duckdb-database.js';
import type { DuckdbSession } from './duckdb-session.js';

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

  of(projection: string, partition: number): number | undefined {
    return this.#next.get(`${projection} ${partition}`);
  }

  async advance(session: DuckdbSession, projection: string, partition: number, next: number): Promise<void> {
    const key = `${projection} ${partition}`;
    const sql = this.#next.has(key)
      ? 'UPDATE positions SET next = $3 WHERE projection = $1 AND part = $2'
      : 'INSERT INTO positions VALUES ($1, $2, $3)';
    await session.runPrepared(sql, [projection, partition, BigInt(next)]);
    session.afterCommit(() => this.#next.set(key, next));
  }
}

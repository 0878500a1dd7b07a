import type { SqlDatabase } from '../database.js';
import { sqliteHome } from './sqlite-home.js';

/** An engine on which the specs of this folder run. */
export interface TestHome {
  name: string;
  engine: SqlDatabase['dialect']['name'];
  /** A fresh database with every migration run, which `close` leaves as if it had not been. */
  open(): Promise<SqlDatabase>;
  /** An empty one, without any. */
  openEmpty(): Promise<SqlDatabase>;
  /** Another process on the same database. */
  openAnother(db: SqlDatabase): Promise<SqlDatabase>;
}

let home: TestHome = sqliteHome;

export const testHome = (): TestHome => home;

/** For all that a spec opens from now on. */
export function chooseTestHome(chosen: TestHome): void {
  home = chosen;
}

/** A fresh database with every migration run, on the home of the spec: SQLite, unless it chose another. */
export const openTestDatabase = (): Promise<SqlDatabase> => home.open();

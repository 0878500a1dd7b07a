import { UnitOfWork } from '@cdp/core/kernel';
import type { SqlDatabase } from './database.js';

export class SqlUnitOfWork extends UnitOfWork {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override run<T>(work: () => Promise<T>): Promise<T> {
    return this.#db.transaction(work);
  }
}

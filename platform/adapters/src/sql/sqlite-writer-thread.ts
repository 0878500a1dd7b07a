import { parentPort, workerData } from 'node:worker_threads';
import type { OnDuplicate, SqlResult, SqlValue } from './sql-dialect.js';
import { SqliteConnection, type SqliteOptions } from './sqlite-connection.js';

/** What the thread is asked for, one after the other; a `begin` is not answered, it fails what comes after it. */
export type WriterRequest = { id: number } & (
  | { do: 'begin'; sql: string }
  | { do: 'query'; sql: string; values: readonly SqlValue[] }
  | {
      do: 'rows';
      table: string;
      columns: readonly string[];
      rows: readonly (readonly SqlValue[])[];
      onDuplicate: OnDuplicate;
    }
  | { do: 'ready' }
  | { do: 'reset' }
  | { do: 'close' }
);

export type WriterAnswer = { id: number } & ({ result: SqlResult } | { error: WriterError });

/** What tells errors of the engine apart survives the way between threads; an `Error` would arrive without it. */
export interface WriterError {
  message: string;
  code?: string | undefined;
  errcode?: number | undefined;
  errstr?: string | undefined;
}

const NOTHING: SqlResult = { rows: [], changes: 0 };

/** The one connection that writes, in the thread that may wait for the disk. */
class WriterThread {
  readonly #connection: SqliteConnection;
  /** Why there is no transaction, though one was begun: nothing may be written outside of it instead. */
  #notBegun: WriterError | undefined;

  constructor(options: SqliteOptions) {
    this.#connection = new SqliteConnection(options);
  }

  answer(request: WriterRequest): WriterAnswer | undefined {
    const { id } = request;
    try {
      if (this.#notBegun && (request.do === 'query' || request.do === 'rows')) return { id, error: this.#notBegun };
      const result = this.#do(request);
      return result && { id, result };
    } catch (cause) {
      const { message, code, errcode, errstr } = cause as WriterError;
      const error = { message, code, errcode, errstr };
      if (request.do !== 'begin') return { id, error };
      this.#notBegun = error;
      return undefined;
    }
  }

  #do(request: WriterRequest): SqlResult | undefined {
    switch (request.do) {
      case 'begin':
        this.#connection.query(request.sql, []);
        return undefined;
      case 'query':
        return this.#connection.query(request.sql, request.values);
      case 'rows':
        return {
          rows: [],
          changes: this.#connection.writeRows(request.table, request.columns, request.rows, request.onDuplicate),
        };
      case 'ready':
        return NOTHING;
      case 'reset':
        this.#notBegun = undefined;
        this.#connection.reset();
        return NOTHING;
      case 'close':
        this.#connection.close();
        return NOTHING;
    }
  }
}

const thread = new WriterThread(workerData as SqliteOptions);
parentPort?.on('message', (request: WriterRequest) => {
  const answer = thread.answer(request);
  if (answer) parentPort?.postMessage(answer);
});

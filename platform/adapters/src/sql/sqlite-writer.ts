import { Worker } from 'node:worker_threads';
import type { OnDuplicate, SqlResult, SqlValue } from './sql-dialect.js';
import type { SqliteOptions } from './sqlite-connection.js';
import type { WriterAnswer, WriterError, WriterRequest } from './sqlite-writer-thread.js';

type Asked = WriterRequest extends infer Each ? (Each extends { id: number } ? Omit<Each, 'id'> : never) : never;

interface Waiting {
  resolve: (result: SqlResult) => void;
  reject: (error: Error) => void;
}

/** SQLite's result code for what cannot be opened or used. */
const CANTOPEN = 14;

/**
 * The connection that writes, in a thread of its own: a commit waits for the disk, and the thread that answers requests must
 * not. One transaction at a time; whoever begins one awaits all of it before the next begins.
 */
export class SqliteWriter {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #ended: Error | undefined;

  constructor(options: SqliteOptions) {
    this.#worker = new Worker(new URL('./sqlite-writer-thread.js', import.meta.url), {
      workerData: options,
      // A connection holds few objects for long; without bounds the thread would take what the machine has.
      resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16 },
    });
    this.#worker.unref();
    this.#worker.on('message', (answer: WriterAnswer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('The thread that writes has ended.')));
  }

  /** Begins a transaction; when that fails, all that is asked of it does. */
  begin(sql: string): void {
    if (!this.#ended) this.#worker.postMessage({ id: 0, do: 'begin', sql } satisfies WriterRequest);
  }

  query(sql: string, values: readonly SqlValue[]): Promise<SqlResult> {
    return this.#ask({ do: 'query', sql, values });
  }

  async writeRows(
    table: string,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
    onDuplicate: OnDuplicate,
  ): Promise<number> {
    return (await this.#ask({ do: 'rows', table, columns, rows, onDuplicate })).changes;
  }

  /** Resolves when the file is there. */
  async ready(): Promise<void> {
    await this.#ask({ do: 'ready' });
  }

  /** Takes back what a transaction that was not ended left. */
  async reset(): Promise<void> {
    await this.#ask({ do: 'reset' });
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    await this.#ask({ do: 'close' });
    await this.#worker.terminate();
  }

  #ask(request: Asked): Promise<SqlResult> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#ended);
        return;
      }
      const id = ++this.#next;
      // Only while somebody waits does the thread keep the process alive.
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...request, id });
    });
  }

  #settle(answer: WriterAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('error' in answer) waiting?.reject(errorOf(answer.error));
    else waiting?.resolve(answer.result);
  }

  #fail(error: Error): void {
    this.#ended ??= Object.assign(error, { errcode: (error as WriterError).errcode ?? CANTOPEN });
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}

const errorOf = ({ message, ...codes }: WriterError): Error => Object.assign(new Error(message), codes);

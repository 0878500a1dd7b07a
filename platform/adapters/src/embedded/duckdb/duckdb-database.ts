import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { CdpError } from '@cdp/core/kernel';
import { DuckDBInstance } from '@duckdb/node-api';
import { DuckdbSession } from './duckdb-session.js';
import { TurnQueue } from './turn-queue.js';

export interface DuckdbOptions {
  /** The database file; its write-ahead log and spill folder stand beside it. Folders are made. */
  path: string;
  /** What DuckDB may hold in memory before it spills to disk, such as `1GB`. Default `1GB`. */
  memoryLimit?: string | undefined;
  /** Threads that a query may use beside the JavaScript thread. Default: as many as DuckDB finds processors. */
  threads?: number | undefined;
  /** Queries that run at the same time; others wait their turn. Default 4. */
  readers?: number | undefined;
  /**
   * Size of the write-ahead log at which it is folded into the file, such as `128MB`. Larger: fewer rewrites of half-full
   * blocks, a longer start after a crash. Default `128MB`.
   */
  checkpointAt?: string | undefined;
}

/**
 * The one database file of an embedded platform. DuckDB locks the file: a second process is refused.
 *
 * Writers take turns, each in a transaction of its own that is durable when `write` resolves; readers have connections
 * of their own and see the last committed state without waiting for a writer. What fails for want of disk or memory
 * rejects with `CdpError('unavailable')` and may be tried again.
 */
export class DuckdbDatabase {
  readonly #instance: DuckDBInstance;
  readonly #writer: DuckdbSession;
  readonly #writers: TurnQueue<DuckdbSession>;
  readonly #readers: TurnQueue<DuckdbSession>;
  readonly #sessions: DuckdbSession[];
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  private constructor(instance: DuckDBInstance, writer: DuckdbSession, readers: DuckdbSession[]) {
    this.#instance = instance;
    this.#writer = writer;
    this.#writers = new TurnQueue([writer]);
    this.#readers = new TurnQueue(readers);
    this.#sessions = [writer, ...readers];
  }

  static async open(options: DuckdbOptions): Promise<DuckdbDatabase> {
    mkdirSync(dirname(options.path), { recursive: true });
    const instance = await DuckDBInstance.create(options.path, {
      memory_limit: options.memoryLimit ?? '1GB',
      checkpoint_threshold: options.checkpointAt ?? '128MB',
      temp_directory: `${options.path}.tmp`,
      // Nothing is fetched, loaded or read from outside the file, whatever a statement says.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      enable_external_access: 'false',
      ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
    }).catch((cause: unknown) => {
      throw new CdpError('unavailable', `${options.path}: ${(cause as Error).message}`, { cause });
    });
    const connect = async () => new DuckdbSession(await instance.connect());
    const writer = await connect();
    // Else a process that is killed again and again would replay an ever longer log at each start.
    await writer.checkpoint();
    const readers = await Promise.all(Array.from({ length: options.readers ?? 4 }, connect));
    return new DuckdbDatabase(instance, writer, readers);
  }

  /** Runs the work in a transaction: all of it is durable when this resolves, none of it when it rejects. */
  write<T>(work: (session: DuckdbSession) => Promise<T>): Promise<T> {
    return this.#track(() => this.#writers.with((session) => session.transaction(() => work(session), true)));
  }

  /** A transaction beside those of the writers, for work of length on tables that no writer touches. */
  aside<T>(work: (session: DuckdbSession) => Promise<T>): Promise<T> {
    return this.#track(() => this.#readers.with((session) => session.transaction(() => work(session))));
  }

  read<T>(work: (session: DuckdbSession) => Promise<T>): Promise<T> {
    return this.#track(() => this.#readers.with(work));
  }

  /** Folds the write-ahead log into the file and gives space of deleted rows back, when no reader is in the way. */
  async checkpoint(): Promise<void> {
    await this.#track(() => this.#writers.with((session) => session.checkpoint()));
  }

  /** Waits for what is under way, then closes the file. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
    await this.#writer.checkpoint().catch(() => undefined);
    for (const session of this.#sessions) session.close();
    this.#instance.closeSync();
  }

  async #track<T>(start: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new CdpError('unavailable', 'The event store is closed.');
    const work = start();
    this.#underWay.add(work);
    try {
      return await work;
    } catch (error) {
      throw isAway(error)
        ? new CdpError('unavailable', 'The event store cannot work just now.', { retryAfter: 5, cause: error })
        : error;
    } finally {
      this.#underWay.delete(work);
    }
  }
}

/** The engine or its machine failed, and not what was asked: no disk, no memory, or a database that must be opened anew. */
const isAway = (error: unknown): boolean =>
  /^(IO|Out of Memory|FATAL|INTERNAL|TransactionContext|Connection) Error/i.test(
    String((error as { message?: unknown } | undefined)?.message),
  );

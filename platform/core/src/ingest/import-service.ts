import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { CdpError, type Clock, type Ids, type Logger, notFound, type Page, type PageRequest } from '../kernel/index.js';
import type { Leases } from '../work/index.js';
import type { FileStore } from './file-store.js';
import type { ImportFormat, ImportJob, ImportStore } from './import-job.js';
import { CellError, mapRow } from './import-mapping.js';
import { type ImportRow, readRows } from './import-rows.js';
import type { IngestApp, IngestService } from './ingest-service.js';
import { parseCall } from './parse-call.js';
import { parseImportMapping } from './parse-import-mapping.js';
import type { Call } from './raw-message.js';

export interface ImportServiceParts {
  store: ImportStore;
  files: FileStore;
  ingest: IngestService;
  leases: Leases;
  clock: Clock;
  ids: Ids;
  logger: Logger;
}

const CHUNK = 500;
/** How long a process that works on an import is waited for when it tells nothing of itself. */
const LEASE_MS = 60_000;
/** How often it is looked for imports that nobody works on. */
const SWEEP_MS = 10_000;

/** Files of events and users: taken in whole, then worked through in the background, over restarts. */
export class ImportService {
  readonly #parts: ImportServiceParts;
  readonly #process: string;
  /** Those that wait here, or are under way. */
  readonly #known = new Set<string>();
  #sweeping: NodeJS.Timeout | undefined;
  #queue: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(parts: ImportServiceParts) {
    this.#parts = parts;
    this.#process = parts.ids.next();
  }

  /** Goes on with what a stop left unfinished, here or in another process. */
  async start(): Promise<void> {
    await this.#sweep();
    this.#sweeping = setInterval(() => {
      this.#sweep().catch((error: unknown) =>
        this.#parts.logger.warn('it could not be looked for imports', { error: String(error) }),
      );
    }, SWEEP_MS);
    this.#sweeping.unref();
  }

  /** Ends after the rows under way; the job goes on at the next start. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#sweeping);
    await this.#queue;
  }

  /** Takes a file. Durable when it resolves; a mapping is needed for CSV and says, for NDJSON, how its objects are to be read. */
  async create(app: IngestApp, format: ImportFormat, mapping: unknown, content: Readable): Promise<ImportJob> {
    if (mapping === undefined && format === 'csv')
      throw new CdpError('invalid', 'mapping: says which columns make the call.', {
        errors: [{ path: 'mapping', message: 'Is needed for CSV.' }],
      });
    const read = mapping === undefined ? null : parseImportMapping(mapping);
    const { store, files, clock, ids } = this.#parts;
    const id = ids.next();
    const file = `imports/${id}`;
    const bytes = await files.write(app.tenantId, file, content);
    const job: ImportJob = {
      id,
      tenantId: app.tenantId,
      appId: app.id,
      state: 'queued',
      format,
      mapping: read,
      file,
      bytes,
      rows: 0,
      accepted: 0,
      rejected: 0,
      createdAt: clock.now(),
    };
    await store.insert(app.tenantId, job);
    this.#enqueue(job);
    return job;
  }

  async get(tenantId: string, id: string): Promise<ImportJob> {
    const job = await this.#parts.store.get(tenantId, id);
    if (!job) throw notFound('import');
    return job;
  }

  list(tenantId: string, page: PageRequest): Promise<Page<ImportJob>> {
    return this.#parts.store.list(tenantId, page);
  }

  /** The rows that were not taken, as NDJSON `{row, column?, message, content}`. */
  async rejectedRows(tenantId: string, id: string): Promise<Readable> {
    const job = await this.get(tenantId, id);
    if (job.finishedAt === undefined) throw new CdpError('conflict', 'The import is not finished.', { retryAfter: 1 });
    return job.rejected === 0 ? Readable.from([]) : this.#parts.files.read(tenantId, rejectedFile(job));
  }

  /**
   * Forgets some imports that were finished before the instant (epoch milliseconds), with the files of their refused rows;
   * answers how many.
   */
  async trim(before: number, limit: number): Promise<number> {
    const { store, files } = this.#parts;
    const jobs = await store.finishedBefore(before, limit);
    for (const job of jobs) {
      await files.remove(job.tenantId, rejectedFile(job));
      await store.delete(job.tenantId, job.id);
    }
    return jobs.length;
  }

  /** Resolves when all imports known now are finished. */
  settled(): Promise<void> {
    return this.#queue;
  }

  async #sweep(): Promise<void> {
    for (const job of await this.#parts.store.unfinished(1_000)) this.#enqueue(job);
  }

  #enqueue({ tenantId, id }: ImportJob): void {
    if (this.#known.has(id)) return;
    this.#known.add(id);
    this.#queue = this.#queue.then(async () => {
      try {
        if (!this.#stopping) await this.#runAlone(tenantId, id);
      } catch (error) {
        // It stands where it is, and is found again.
        this.#parts.logger.warn('an import has to wait', { tenantId, importId: id, error: String(error) });
      } finally {
        this.#known.delete(id);
      }
    });
  }

  async #runAlone(tenantId: string, id: string): Promise<void> {
    const { store, leases } = this.#parts;
    if (!(await this.#hold(id))) return;
    try {
      const job = await store.get(tenantId, id);
      if (job && job.finishedAt === undefined) await this.#run(job);
    } finally {
      await leases.release(leaseOf(id), this.#process);
    }
  }

  #hold(id: string): Promise<boolean> {
    const { leases, clock } = this.#parts;
    return leases.take(leaseOf(id), this.#process, clock.now(), LEASE_MS);
  }

  async #run(job: ImportJob): Promise<void> {
    const { store, files, clock, logger } = this.#parts;
    try {
      // Rows below this were taken before a restart; reading starts over, for the refusals' file, but they are not sent again.
      const taken = job.state === 'running' ? job.rows : 0;
      Object.assign(job, { state: 'running', rows: 0, accepted: 0, rejected: 0 });
      const rejections = Readable.from(this.#work(job, taken), { objectMode: false });
      await files.write(job.tenantId, rejectedFile(job), rejections);
      if (this.#stopping) return;
      Object.assign(job, { state: 'completed', finishedAt: clock.now() });
    } catch (error) {
      if (this.#stopping || error instanceof ElsewhereError) return;
      logger.error('import failed', { tenantId: job.tenantId, importId: job.id, error: String(error) });
      const problem = error instanceof Error ? error.message.slice(0, 1_000) : 'It could not be read.';
      Object.assign(job, { state: 'failed', problem, finishedAt: clock.now() });
    }
    await store.update(job.tenantId, job);
    // Last: an import that is not known to be finished reads its file again.
    await files.remove(job.tenantId, job.file);
  }

  /** Sends the rows on and yields a line for each that was refused. */
  async *#work(job: ImportJob, taken: number): AsyncGenerator<string> {
    let calls: Call[] = [];
    for await (const row of readRows(await this.#parts.files.read(job.tenantId, job.file), job.format)) {
      if (this.#stopping) return;
      const result = this.#read(row, job);
      job.rows = row.number;
      if ('call' in result) {
        job.accepted++;
        if (row.number > taken) calls.push(result.call);
      } else {
        job.rejected++;
        yield `${JSON.stringify({ row: row.number, ...result, content: row.text.slice(0, 4_096) })}\n`;
      }
      if (calls.length >= CHUNK) {
        await this.#send(job, calls);
        calls = [];
      }
    }
    if (calls.length > 0) await this.#send(job, calls);
    if (job.rows === 0) throw new Error('The file has no rows.');
  }

  #read(row: ImportRow, job: ImportJob): { call: Call } | { column?: string; message: string } {
    if ('problem' in row) return { message: row.problem };
    try {
      const input = job.mapping ? mapRow(row.row, job.mapping) : { type: 'track', ...row.row };
      // The id is made of the job and the row, so that a row that is sent twice counts once.
      const parsed = parseCall({ messageId: `import-${job.id}-${row.number}`, ...input }, undefined, this.#parts.ids);
      if ('call' in parsed) return parsed;
      return { ...(parsed.error.path === '' ? {} : { column: parsed.error.path }), message: parsed.error.message };
    } catch (error) {
      if (error instanceof CellError) return { column: error.column, message: error.message };
      throw error;
    }
  }

  async #send(job: ImportJob, calls: readonly Call[]): Promise<void> {
    for (;;) {
      try {
        if (!(await this.#hold(job.id))) throw new ElsewhereError();
        await this.#parts.ingest.acceptParsed({ tenantId: job.tenantId, id: job.appId }, calls, {});
        await this.#parts.store.update(job.tenantId, job);
        return;
      } catch (error) {
        if (!(error instanceof CdpError) || error.code !== 'unavailable' || this.#stopping) throw error;
        await setTimeout((error.retryAfter ?? 1) * 1_000);
      }
    }
  }
}

/** This process was so slow that another took the import over. */
class ElsewhereError extends Error {}

const leaseOf = (id: string): string => `import/${id}`;

const rejectedFile = (job: ImportJob): string => `imports/${job.id}.rejected.ndjson`;

import type { Logger } from '@cdp/core/kernel';
import type { AppliedPosition, ProfileDocument } from '@cdp/core/profile';
import type { DuckdbPositions } from './duckdb-positions.js';
import type { DuckdbTenants } from './duckdb-tenants.js';
import { flushProfiles } from './profile-flush.js';
import type { TenantTables } from './tenant-tables.js';

const PROJECTION = 'profiles';

export interface ProfileBufferOptions {
  /** Documents of all tenants that wait at the most; `add` waits for a flush beyond. Default 20,000. */
  maxDocuments?: number | undefined;
  /** Milliseconds a document waits at the most. Default 1,000. */
  maxWaitMs?: number | undefined;
}

/**
 * Documents on their way to the columns: DuckDB replaces rows well only many at a time. Positions reached go with the
 * documents of the records before them, so that a crash loses nothing that the log does not bring again.
 */
export class ProfileBuffer {
  readonly #tenants: DuckdbTenants;
  readonly #positions: DuckdbPositions;
  readonly #logger: Logger;
  readonly #maxDocuments: number;
  readonly #maxWaitMs: number;
  #dirty = new Map<string, Map<string, ProfileDocument>>();
  #count = 0;
  #reached = new Map<number, number>();
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(tenants: DuckdbTenants, positions: DuckdbPositions, logger: Logger, options: ProfileBufferOptions) {
    this.#tenants = tenants;
    this.#positions = positions;
    this.#logger = logger;
    this.#maxDocuments = options.maxDocuments ?? 20_000;
    this.#maxWaitMs = options.maxWaitMs ?? 1_000;
  }

  async add(tenantId: string, documents: readonly ProfileDocument[]): Promise<void> {
    this.#take(tenantId, documents);
    this.#startTimer();
    if (this.#count >= this.#maxDocuments) await this.flush();
  }

  reached({ partition, next }: AppliedPosition): void {
    this.#reached.set(partition, Math.max(next, this.#reached.get(partition) ?? 0));
    this.#startTimer();
  }

  flushedPosition(partition: number): number | undefined {
    return this.#positions.of(PROJECTION, partition);
  }

  /** Makes durable and visible all that was added before the call. */
  async flush(): Promise<void> {
    // What is under way may have begun before the latest documents came.
    await this.#flushing?.catch(() => undefined);
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    await this.#flushing;
  }

  /** Forgets documents of a tenant, or of one profile of it, and waits until none of them is being written. */
  async forget(tenantId: string, profileId?: string): Promise<void> {
    if (profileId === undefined) this.#count -= this.#dirty.get(tenantId)?.size ?? 0;
    if (profileId === undefined) this.#dirty.delete(tenantId);
    else if (this.#dirty.get(tenantId)?.delete(profileId)) this.#count--;
    await this.#flushing?.catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
  }

  #take(tenantId: string, documents: readonly ProfileDocument[]): void {
    let tenant = this.#dirty.get(tenantId);
    if (tenant === undefined) {
      tenant = new Map();
      this.#dirty.set(tenantId, tenant);
    }
    for (const document of documents) {
      const known = tenant.get(document.id);
      if (known === undefined) this.#count++;
      if (known === undefined || known.version < document.version) tenant.set(document.id, document);
    }
  }

  #startTimer(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.flush().catch((error: unknown) => {
        this.#logger.error('Profiles could not be written to the audience; they wait for the next time.', { error });
        this.#startTimer();
      });
    }, this.#maxWaitMs).unref();
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [dirty, count, reached] = [this.#dirty, this.#count, this.#reached];
    if (count === 0 && reached.size === 0) return;
    this.#dirty = new Map();
    this.#count = 0;
    this.#reached = new Map();
    try {
      const batches: { tables: TenantTables; documents: Map<string, ProfileDocument> }[] = [];
      for (const [tenantId, documents] of dirty)
        if (documents.size > 0) batches.push({ tables: await this.#tenants.ensure(tenantId), documents });
      await this.#tenants.database.write(async (session) => {
        for (const { tables, documents } of batches) await flushProfiles(session, tables, [...documents.values()]);
        for (const [partition, next] of reached)
          if (next > (this.flushedPosition(partition) ?? 0))
            this.#positions.advance(session, PROJECTION, partition, next);
      });
    } catch (error) {
      for (const [tenantId, documents] of dirty) this.#take(tenantId, [...documents.values()]);
      for (const [partition, next] of reached) this.reached({ partition, next });
      throw error;
    }
  }
}

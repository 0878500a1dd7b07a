import { CdpError, type Clock, type Ids, type Logger } from '../kernel/index.js';
import { type Batch, type LogRecord, TOPICS } from '../log/index.js';
import { membershipRecord } from '../profile/index.js';
import { definitionsByName } from './aggregate.js';
import type { AggregateStore } from './aggregate-store.js';
import type { Audience } from './audience.js';
import type { DueIndex } from './due-index.js';
import type { Rule } from './rule.js';
import type { Segment } from './segment.js';
import type { SegmentCatalog } from './segment-catalog.js';
import { dependentsOf } from './segment-graph.js';
import type { SegmentStore } from './segment-store.js';
import type { WritersTurn } from './writers-turn.js';

/** A record of `cdp.segment.jobs`; its key is the segment, so that the jobs of one stand in one order. */
export type SegmentJob =
  | BuildJob
  /** Tell the differences of the build of that instant from `cursor` on. */
  | { step: 'publish'; tenantId: string; segmentId: string; at: number; cursor: string | null }
  /** Drop them, all of which were told. */
  | { step: 'forget'; tenantId: string; segmentId: string; at: number }
  | RetireJob
  /** Drop the members of a deleted segment, all of whom were told. */
  | { step: 'drop'; tenantId: string; segmentId: string };

/** The segment is deleted: tell its members from `cursor` on that they left. `askedAt` in epoch milliseconds. */
interface RetireJob extends Behind {
  step: 'retire';
  tenantId: string;
  segmentId: string;
  cursor: string | null;
  /** The deletion. */
  by: string;
  askedAt: number;
}

interface BuildJob extends Behind {
  step: 'build';
  tenantId: string;
  segmentId: string;
  /** Build those that nest it as well, once this one is live. */
  dependents: boolean;
}

interface Behind {
  /**
   * This process put the job behind the next of those, should there be any, that tell the differences of the build of that
   * instant; `seen` such jobs had come by until then.
   */
  behind?: { process: string; at: number; seen: number };
}

export interface SegmentBuilderParts {
  store: SegmentStore;
  aggregates: AggregateStore;
  catalog: SegmentCatalog;
  audience: Audience;
  due: DueIndex;
  clock: Clock;
  ids: Ids;
  logger: Logger;
  timeZoneOf: (tenantId: string) => string;
  writers: WritersTurn;
}

const PAGE = 1_000;
/** A deletion takes milliseconds from its job to the segment's end; one that takes longer was cut off. */
const DELETED_WITHIN_MS = 60_000;

export const segmentJob = (job: SegmentJob): LogRecord => ({
  topic: TOPICS.segmentJobs,
  key: job.segmentId,
  value: Buffer.from(JSON.stringify(job)),
});

/**
 * Builds segments. The work is cut into jobs of the log: each differences page goes out in one transaction with the job
 * that tells the next one, so every difference is published once, whatever crashes. Differences of an earlier build that
 * were not published go out before the next build may replace them.
 */
export class SegmentBuilder {
  readonly #parts: SegmentBuilderParts;
  readonly #process: string;
  /** By segment, the build whose differences are being told, and how many jobs that do were seen in the log. */
  readonly #telling = new Map<string, { at: number; seen: number }>();
  /** By segment, the deletion whose members are being told: two at once ask twice. */
  readonly #retiring = new Map<string, string>();

  constructor(parts: SegmentBuilderParts) {
    this.#parts = parts;
    this.#process = parts.ids.next();
  }

  /** Consumes `cdp.segment.jobs`. */
  async handle(batch: Batch): Promise<LogRecord[]> {
    const outputs: LogRecord[] = [];
    const jobs = batch.records.map(({ value }) => JSON.parse(value.toString('utf8')) as SegmentJob);
    const built = new Set<string>();
    for (const job of jobs) {
      if (job.step === 'publish') outputs.push(...(await this.#publish(job)));
      else if (job.step === 'forget') await this.#forget(job);
      else if (job.step === 'retire') outputs.push(...(await this.#retire(job)));
      else if (job.step === 'drop') await this.#drop(job);
      else if (!built.has(job.segmentId)) {
        built.add(job.segmentId);
        const same = jobs.filter((other) => other.step === 'build' && other.segmentId === job.segmentId);
        const dependents = same.some((other) => other.step === 'build' && other.dependents);
        outputs.push(...(await this.#build({ ...job, dependents })));
      }
    }
    return outputs;
  }

  async #build(job: BuildJob): Promise<LogRecord[]> {
    const { tenantId, segmentId, dependents } = job;
    const { store, clock, logger } = this.#parts;
    const segment = await store.get(tenantId, segmentId);
    if (!segment) return [];
    const untold = await this.#untoldOf(tenantId, segmentId);
    if (untold !== undefined) return this.#afterTelling(job, untold);
    try {
      await this.#parts.writers.swap(segment, (standing) => this.#swap(standing));
    } catch (error) {
      // An engine that is away says nothing about the segment: the job waits for it.
      if (error instanceof CdpError && error.code === 'unavailable') throw error;
      logger.error('segment build failed', {
        tenantId,
        segmentId,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      const problem = error instanceof Error ? error.message.slice(0, 1_000) : 'It could not be built.';
      const standing = (await store.get(tenantId, segmentId)) ?? segment;
      await store.settle(tenantId, segmentId, segment.version, {
        ...standing,
        state: 'failed',
        builtAt: clock.now(),
        problem,
      });
      return [];
    }
    const segments = await store.all(tenantId);
    // Deleted while it was built: the job that retires it is behind this one.
    if (!segments.some(({ id }) => id === segmentId)) return [];
    const nesting = dependents ? dependentsOf(segmentId, segments) : [];
    const at = await this.#untoldOf(tenantId, segmentId);
    return [
      ...(at === undefined ? [] : [segmentJob({ step: 'publish', tenantId, segmentId, at, cursor: null })]),
      ...nesting.map(({ id }) => segmentJob({ step: 'build', tenantId, segmentId: id, dependents: false })),
    ];
  }

  async #swap(segment: Segment): Promise<void> {
    const { store, aggregates, catalog, audience, clock } = this.#parts;
    const { tenantId, id, rule, version, live: before } = segment;
    const now = clock.now();
    // What profiles told under the version before may be dated ahead of the clock, by one more than its start.
    const at = Math.max(now, (before?.since ?? 0) + 2);
    const context = {
      now,
      timeZone: this.#parts.timeZoneOf(tenantId),
      segments: await this.#rules(tenantId),
      aggregates: definitionsByName(await aggregates.all(tenantId)),
    };
    await audience.refresh(tenantId);
    const { size } = await audience.build(tenantId, { ...context, segmentId: id, version, rule, at });
    let cursor: string | undefined;
    do {
      const page = await audience.dueInstants(tenantId, rule, context, { limit: PAGE, cursor });
      if (page.items.length > 0)
        await this.#parts.due.schedule(page.items.map(({ profileId, at }) => ({ tenantId, profileId, at })));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    const ready = await catalog.goLive(tenantId, at, async (since) => {
      const live = { version, rule, since };
      const settled: Segment = { ...segment, state: 'ready', live, builtSize: size, builtAt: now, problem: null };
      // Changed while it was built: that change has a build of its own behind it.
      return (await store.settle(tenantId, id, version, settled)) ? settled : undefined;
    });
    if (ready) catalog.put(ready);
  }

  /** As profiles are held to them at this time: a nested segment that changed has its own build before this one. */
  async #rules(tenantId: string): Promise<Map<string, Rule>> {
    return new Map((await this.#parts.store.all(tenantId)).map(({ id, live, rule }) => [id, live?.rule ?? rule]));
  }

  /** The instant of the build whose differences are kept; undefined where none are. */
  async #untoldOf(tenantId: string, segmentId: string): Promise<number | undefined> {
    return (await this.#parts.audience.changes(tenantId, segmentId, { limit: 1 })).items[0]?.at;
  }

  /**
   * Puts a build, or the end of the segment, off until the differences of the one before are told. Usually a job that tells
   * them is in the log: ahead of where this one goes, so that it was seen when this one comes back. Where none is, because
   * a crash came between the build and its jobs, or one of them was put aside, they are told from the start.
   */
  #afterTelling(job: BuildJob | RetireJob, at: number): LogRecord[] {
    const { tenantId, segmentId, behind } = job;
    const lost = behind?.process === this.#process && behind.at === at && behind.seen === this.#seen(segmentId, at);
    // As if it had come by: another job that waits must not tell them as well.
    if (lost) this.#see(segmentId, at);
    return [
      ...(lost ? [segmentJob({ step: 'publish', tenantId, segmentId, at, cursor: null })] : []),
      segmentJob({ ...job, behind: { process: this.#process, at, seen: this.#seen(segmentId, at) } }),
    ];
  }

  #see(segmentId: string, at: number): void {
    this.#telling.set(segmentId, { at, seen: this.#seen(segmentId, at) + 1 });
  }

  #seen(segmentId: string, at: number): number {
    const telling = this.#telling.get(segmentId);
    return telling?.at === at ? telling.seen : 0;
  }

  async #publish(job: Extract<SegmentJob, { step: 'publish' }>): Promise<LogRecord[]> {
    const { tenantId, segmentId, at } = job;
    const { audience } = this.#parts;
    this.#see(segmentId, at);
    const page = await audience.changes(tenantId, segmentId, { limit: PAGE, cursor: job.cursor ?? undefined });
    const outputs = page.items.map((change) => membershipRecord(tenantId, change, 'build'));
    if (page.nextCursor !== null) return [...outputs, segmentJob({ ...job, cursor: page.nextCursor })];
    return [...outputs, segmentJob({ step: 'forget', tenantId, segmentId, at })];
  }

  async #forget({ tenantId, segmentId, at }: Extract<SegmentJob, { step: 'forget' }>): Promise<void> {
    this.#telling.delete(segmentId);
    // When this comes again after a crash, a build may have come in between.
    if ((await this.#untoldOf(tenantId, segmentId)) === at)
      await this.#parts.audience.forgetChanges(tenantId, segmentId);
  }

  async #retire(job: RetireJob): Promise<LogRecord[]> {
    const { tenantId, segmentId, cursor, by, askedAt } = job;
    const { store, audience, clock } = this.#parts;
    if (cursor === null) {
      // Its deletion is under way, or a crash came before it.
      if (await store.get(tenantId, segmentId))
        return clock.now() - askedAt < DELETED_WITHIN_MS ? [segmentJob(job)] : [];
      if ((this.#retiring.get(segmentId) ?? by) !== by) return [];
      const untold = await this.#untoldOf(tenantId, segmentId);
      if (untold !== undefined) return this.#afterTelling(job, untold);
      this.#retiring.set(segmentId, by);
      // Who was being written under the old rules is through after this.
      await this.#parts.writers.pass(() => audience.refresh(tenantId));
    }
    const page = await audience.members(tenantId, segmentId, { limit: PAGE, cursor: cursor ?? undefined });
    const exits = page.items.map(({ profileId, since }) => {
      // After the entry, which a version's start may have dated ahead of the clock.
      const at = Math.max(clock.now(), since + 1);
      return membershipRecord(tenantId, { segmentId, profileId, change: 'exited', at }, 'deleted');
    });
    const next: SegmentJob =
      page.nextCursor === null ? { step: 'drop', tenantId, segmentId } : { ...job, cursor: page.nextCursor };
    return [...exits, segmentJob(next)];
  }

  async #drop({ tenantId, segmentId }: Extract<SegmentJob, { step: 'drop' }>): Promise<void> {
    await this.#parts.audience.deleteSegment(tenantId, segmentId);
    this.#retiring.delete(segmentId);
  }
}

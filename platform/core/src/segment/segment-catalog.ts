import type { Logger } from '../kernel/index.js';
import { type Aggregate, definitionsByName } from './aggregate.js';
import type { AggregateStore } from './aggregate-store.js';
import { type CompileContext, compileRule } from './compile-rule.js';
import type { DefinitionChanges } from './definition-changes.js';
import { type LiveAggregate, liveAggregate } from './live-aggregate.js';
import type { Rule } from './rule.js';
import { type LiveSegment, RuleIndex } from './rule-index.js';
import type { Segment } from './segment.js';
import type { SegmentStore } from './segment-store.js';

interface TenantRules {
  segments: Map<string, Segment>;
  aggregates: Map<string, Aggregate>;
  index: RuleIndex | undefined;
  live: readonly LiveAggregate[];
  /** How often this process changed something here itself: what was read before that is out of date. */
  puts: number;
}

export interface SegmentCatalogParts {
  segments: SegmentStore;
  aggregates: AggregateStore;
  changes: DefinitionChanges;
  timeZoneOf: (tenantId: string) => string;
  logger: Logger;
}

/** How often it is asked what other processes changed. */
const EVERY_MS = 500;

/**
 * The live segments and named aggregates of every tenant, compiled, in memory: what the writer of profiles asks for each batch.
 * What this process changes it puts here at once; what others change comes by `follow`.
 */
export class SegmentCatalog {
  readonly #parts: SegmentCatalogParts;
  readonly #tenants = new Map<string, TenantRules>();
  #position = 0;
  #reading: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: SegmentCatalogParts) {
    this.#parts = parts;
  }

  /** Reads every one. Before the first batch: a profile must not be written past a segment that is not known yet. */
  async start(): Promise<void> {
    const { segments, aggregates, changes } = this.#parts;
    this.#position = await changes.last();
    let cursor: string | undefined;
    do {
      const page = await segments.everywhere({ limit: 1_000, cursor });
      for (const segment of page.items) this.#of(segment.tenantId).segments.set(segment.id, segment);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    do {
      const page = await aggregates.everywhere({ limit: 1_000, cursor });
      for (const aggregate of page.items) this.#of(aggregate.tenantId).aggregates.set(aggregate.id, aggregate);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    for (const tenantId of this.#tenants.keys()) this.#compile(tenantId);
  }

  /** Reads from now on what other processes change. `onMoved` is told after each look. */
  follow(onMoved: () => Promise<void>): void {
    this.#timer = setInterval(() => {
      void this.refresh()
        .then(onMoved)
        .catch((error: unknown) => this.#parts.logger.warn('segments could not be followed', { error: String(error) }));
    }, EVERY_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reading;
  }

  /** The number of the change up to which all is known here. */
  get position(): number {
    return this.#position;
  }

  /** When it resolves, whatever was committed before the call is known here. */
  refresh(): Promise<void> {
    const done = this.#reading.then(() => this.#read());
    this.#reading = done.catch(() => undefined);
    return done;
  }

  async #read(): Promise<void> {
    const { position, tenants } = await this.#parts.changes.after(this.#position);
    for (const tenantId of tenants) await this.#readTenant(tenantId);
    this.#position = position;
  }

  async #readTenant(tenantId: string): Promise<void> {
    for (;;) {
      const tenant = this.#of(tenantId);
      const { puts } = tenant;
      const segments = await this.#parts.segments.all(tenantId);
      const aggregates = await this.#parts.aggregates.all(tenantId);
      if (puts !== tenant.puts) continue;
      tenant.segments = new Map(segments.map((segment) => [segment.id, segment]));
      tenant.aggregates = new Map(aggregates.map((aggregate) => [aggregate.id, aggregate]));
      if (segments.length + aggregates.length > 0) this.#compile(tenantId);
      else this.#tenants.delete(tenantId);
      return;
    }
  }

  indexOf(tenantId: string): RuleIndex | undefined {
    return this.#tenants.get(tenantId)?.index;
  }

  /** The tenant's named aggregates. */
  aggregatesOf(tenantId: string): readonly LiveAggregate[] {
    return this.#tenants.get(tenantId)?.live ?? [];
  }

  /** Takes over a segment that is new, or whose live version changed. */
  put(segment: Segment): void {
    this.#changed(segment.tenantId).segments.set(segment.id, segment);
    this.#compile(segment.tenantId);
  }

  remove(tenantId: string, id: string): void {
    this.#changed(tenantId).segments.delete(id);
    this.#compile(tenantId);
  }

  /** Takes over an aggregate that is new or changed. */
  putAggregate(aggregate: Aggregate): void {
    this.#changed(aggregate.tenantId).aggregates.set(aggregate.id, aggregate);
    this.#compile(aggregate.tenantId);
  }

  removeAggregate(tenantId: string, id: string): void {
    this.#changed(tenantId).aggregates.delete(id);
    this.#compile(tenantId);
  }

  forgetTenant(tenantId: string): void {
    this.#tenants.delete(tenantId);
  }

  /**
   * Makes something of the tenant live: `work` stores it with the instant that it is given; it is put here once that is kept. One
   * at a time over all processes, so that each comes after all before it and one instant tells a profile which of them it knows.
   */
  goLive<T>(tenantId: string, now: number, work: (since: number) => Promise<T>): Promise<T> {
    return this.#parts.changes.take(tenantId, now, work);
  }

  /** Those that have a segment or an aggregate. */
  tenants(): string[] {
    return [...this.#tenants.keys()];
  }

  /** Segments that are to be built, as far as this process knows. */
  building(): Segment[] {
    return [...this.#tenants.values()].flatMap(({ segments }) =>
      [...segments.values()].filter(({ state }) => state === 'building'),
    );
  }

  /** Live segments that were last built before an aggregate that they ask was changed. */
  outdated(): { tenantId: string; segmentId: string }[] {
    return [...this.#tenants].flatMap(([tenantId, { index, live }]) =>
      (index?.segments() ?? [])
        .filter(({ rule, liveSince }) =>
          live.some(({ name, since }) => since > liveSince && rule.touches.named.has(name)),
        )
        .map(({ id }) => ({ tenantId, segmentId: id })),
    );
  }

  #of(tenantId: string): TenantRules {
    let tenant = this.#tenants.get(tenantId);
    if (!tenant) {
      tenant = { segments: new Map(), aggregates: new Map(), index: undefined, live: [], puts: 0 };
      this.#tenants.set(tenantId, tenant);
    }
    return tenant;
  }

  #changed(tenantId: string): TenantRules {
    const tenant = this.#of(tenantId);
    tenant.puts++;
    return tenant;
  }

  #compile(tenantId: string): void {
    const tenant = this.#of(tenantId);
    const timeZone = this.#parts.timeZoneOf(tenantId);
    const aggregates = [...tenant.aggregates.values()];
    tenant.live = aggregates.map(liveAggregate);
    const live = this.#liveSegments(tenantId, tenant, {
      segments: new Map(
        [...tenant.segments.values()].map(({ id, live, rule }): [string, Rule] => [id, live?.rule ?? rule]),
      ),
      aggregates: definitionsByName(aggregates),
      timeZone,
    });
    tenant.index = live.length + tenant.live.length > 0 ? new RuleIndex(live, tenant.live) : undefined;
  }

  #liveSegments(tenantId: string, { segments, live: aggregates }: TenantRules, context: CompileContext): LiveSegment[] {
    const live: LiveSegment[] = [];
    for (const segment of segments.values()) {
      if (!segment.live || segment.live.frozen) continue;
      try {
        const rule = compileRule(segment.live.rule, context);
        const nested = [...rule.touches.segments].map((id) => segments.get(id)?.live?.since ?? 0);
        const named = aggregates.filter(({ name }) => rule.touches.named.has(name)).map(({ since }) => since);
        live.push({
          id: segment.id,
          version: segment.live.version,
          rule,
          liveSince: segment.live.since,
          askedSince: Math.max(segment.live.since, ...nested, ...named),
        });
      } catch (error) {
        // One rule that cannot be compiled must not stop every profile of the tenant.
        this.#parts.logger.error('a segment cannot be kept live', {
          tenantId,
          segmentId: segment.id,
          error: String(error),
        });
      }
    }
    return live;
  }
}

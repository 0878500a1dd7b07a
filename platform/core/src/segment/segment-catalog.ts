import type { Logger } from '../kernel/index.js';
import { type Aggregate, definitionsByName } from './aggregate.js';
import type { AggregateStore } from './aggregate-store.js';
import { type CompileContext, compileRule } from './compile-rule.js';
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
  /** Since when the newest is live that there ever was: profiles may know it when it is gone. */
  newest: number;
  /** Whoever makes something live. */
  turn: Promise<unknown>;
}

export interface SegmentCatalogParts {
  segments: SegmentStore;
  aggregates: AggregateStore;
  timeZoneOf: (tenantId: string) => string;
  logger: Logger;
}

/** The live segments and named aggregates of every tenant, compiled, in memory: what the writer of profiles asks for each batch. */
export class SegmentCatalog {
  readonly #parts: SegmentCatalogParts;
  readonly #tenants = new Map<string, TenantRules>();

  constructor(parts: SegmentCatalogParts) {
    this.#parts = parts;
  }

  /** Reads every one. Before the first batch: a profile must not be written past a segment that is not known yet. */
  async start(): Promise<void> {
    const { segments, aggregates } = this.#parts;
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

  indexOf(tenantId: string): RuleIndex | undefined {
    return this.#tenants.get(tenantId)?.index;
  }

  /** The tenant's named aggregates. */
  aggregatesOf(tenantId: string): readonly LiveAggregate[] {
    return this.#tenants.get(tenantId)?.live ?? [];
  }

  /** Takes over a segment that is new, or whose live version changed. */
  put(segment: Segment): void {
    this.#of(segment.tenantId).segments.set(segment.id, segment);
    this.#compile(segment.tenantId);
  }

  remove(tenantId: string, id: string): void {
    this.#tenants.get(tenantId)?.segments.delete(id);
    this.#compile(tenantId);
  }

  /** Takes over an aggregate that is new or changed. */
  putAggregate(aggregate: Aggregate): void {
    this.#of(aggregate.tenantId).aggregates.set(aggregate.id, aggregate);
    this.#compile(aggregate.tenantId);
  }

  removeAggregate(tenantId: string, id: string): void {
    this.#tenants.get(tenantId)?.aggregates.delete(id);
    this.#compile(tenantId);
  }

  forgetTenant(tenantId: string): void {
    this.#tenants.delete(tenantId);
  }

  /**
   * Makes something of the tenant live: `work` stores it with the instant that it is given, and puts it here. One at a
   * time, so that each comes after all before it and one instant tells a profile which of them it knows.
   */
  async goLive<T>(tenantId: string, now: number, work: (since: number) => Promise<T>): Promise<T> {
    const tenant = this.#of(tenantId);
    const done = tenant.turn.then(() => work(Math.max(now, tenant.newest + 1)));
    tenant.turn = done.catch(() => undefined);
    return done;
  }

  /** Those that have a segment or an aggregate. */
  tenants(): string[] {
    return [...this.#tenants.keys()];
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
      const nothing = { segments: new Map(), aggregates: new Map(), index: undefined, live: [] };
      tenant = { ...nothing, newest: 0, turn: Promise.resolve() };
      this.#tenants.set(tenantId, tenant);
    }
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
    tenant.newest = Math.max(tenant.newest, tenant.index?.newest ?? 0);
  }

  #liveSegments(tenantId: string, { segments, live: aggregates }: TenantRules, context: CompileContext): LiveSegment[] {
    const live: LiveSegment[] = [];
    for (const segment of segments.values()) {
      if (!segment.live) continue;
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

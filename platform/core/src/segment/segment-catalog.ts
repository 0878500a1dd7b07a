import type { Logger } from '../kernel/index.js';
import { compileRule } from './compile-rule.js';
import type { Rule } from './rule.js';
import { type LiveSegment, RuleIndex } from './rule-index.js';
import type { Segment } from './segment.js';
import type { SegmentStore } from './segment-store.js';

interface TenantSegments {
  segments: Map<string, Segment>;
  index: RuleIndex | undefined;
}

/** The live segments of every tenant, compiled, in memory: what the writer of profiles asks for each batch. */
export class SegmentCatalog {
  readonly #store: SegmentStore;
  readonly #timeZoneOf: (tenantId: string) => string;
  readonly #logger: Logger;
  readonly #tenants = new Map<string, TenantSegments>();

  constructor(store: SegmentStore, timeZoneOf: (tenantId: string) => string, logger: Logger) {
    this.#store = store;
    this.#timeZoneOf = timeZoneOf;
    this.#logger = logger;
  }

  /** Reads every segment. Before the first batch: a profile must not be written past a segment that is not known yet. */
  async start(): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await this.#store.everywhere({ limit: 1_000, cursor });
      for (const segment of page.items) this.#of(segment.tenantId).segments.set(segment.id, segment);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    for (const tenantId of this.#tenants.keys()) this.#compile(tenantId);
  }

  indexOf(tenantId: string): RuleIndex | undefined {
    return this.#tenants.get(tenantId)?.index;
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

  forgetTenant(tenantId: string): void {
    this.#tenants.delete(tenantId);
  }

  /** An instant for a new version to be live since: after all others of the tenant, so that each profile knows which it knows. */
  nextSince(tenantId: string, now: number): number {
    return Math.max(now, (this.indexOf(tenantId)?.newest ?? 0) + 1);
  }

  #of(tenantId: string): TenantSegments {
    let tenant = this.#tenants.get(tenantId);
    if (!tenant) {
      tenant = { segments: new Map(), index: undefined };
      this.#tenants.set(tenantId, tenant);
    }
    return tenant;
  }

  #compile(tenantId: string): void {
    const tenant = this.#of(tenantId);
    const rules = new Map<string, Rule>();
    for (const { id, live, rule } of tenant.segments.values()) rules.set(id, live?.rule ?? rule);
    const context = { segments: rules, aggregates: new Map(), timeZone: this.#timeZoneOf(tenantId) };
    const live: LiveSegment[] = [];
    for (const segment of tenant.segments.values()) {
      if (!segment.live) continue;
      try {
        const rule = compileRule(segment.live.rule, context);
        const nested = [...rule.touches.segments].map((id) => tenant.segments.get(id)?.live?.since ?? 0);
        live.push({
          id: segment.id,
          version: segment.live.version,
          rule,
          liveSince: segment.live.since,
          askedSince: Math.max(segment.live.since, ...nested),
        });
      } catch (error) {
        // One rule that cannot be compiled must not stop every profile of the tenant.
        this.#logger.error('a segment cannot be kept live', { tenantId, segmentId: segment.id, error: String(error) });
      }
    }
    tenant.index = live.length > 0 ? new RuleIndex(live) : undefined;
  }
}

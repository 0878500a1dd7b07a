import {
  CdpError,
  type Clock,
  conflict,
  type FieldError,
  type Ids,
  notFound,
  type Page,
  type PageRequest,
} from '../kernel/index.js';
import type { EventLog } from '../log/index.js';
import { type Aggregate, definitionsByName } from './aggregate.js';
import type { AggregateStore } from './aggregate-store.js';
import { asksForDays as daysAskedIn } from './compile-property-rule.js';
import { requireNamedAggregate } from './parse-aggregate.js';
import { parseRule } from './parse-rule.js';
import { resolveNamed } from './resolve-rule.js';
import type { NamedAggregate } from './rule.js';
import type { RuleLimits } from './rule-mistakes.js';
import type { Segment } from './segment.js';
import { segmentJob } from './segment-builder.js';
import type { SegmentCatalog } from './segment-catalog.js';
import { usersOf } from './segment-graph.js';
import type { SegmentStore } from './segment-store.js';

export interface AggregateServiceParts {
  aggregates: AggregateStore;
  segments: SegmentStore;
  catalog: SegmentCatalog;
  log: EventLog;
  clock: Clock;
  ids: Ids;
  timeZoneOf: (tenantId: string) => string;
  limits?: Partial<RuleLimits>;
  /** How many one tenant may have: each is kept on every profile that has events for it. */
  perTenant: number;
}

/** Definitions of named aggregates. One is live as soon as it is made: profiles that do not keep it yet answer from their history. */
export class AggregateService {
  readonly #parts: AggregateServiceParts;

  constructor(parts: AggregateServiceParts) {
    this.#parts = parts;
  }

  async create(tenantId: string, input: unknown): Promise<Aggregate> {
    const { aggregates, catalog, clock, ids, limits, perTenant } = this.#parts;
    const definition = requireNamedAggregate(input, limits);
    const now = clock.now();
    const made = await catalog.goLive(tenantId, now, async (since) => {
      if ((await aggregates.all(tenantId)).length >= perTenant)
        throw conflict(`A tenant has at most ${perTenant} aggregates: delete one that nothing uses any more.`);
      const aggregate: Aggregate = {
        id: ids.next(),
        tenantId,
        definition,
        version: 1,
        since,
        timeZone: this.#parts.timeZoneOf(tenantId),
        createdAt: now,
        updatedAt: now,
      };
      if (!(await aggregates.insert(tenantId, aggregate))) throw taken(definition.name);
      return aggregate;
    });
    catalog.putAggregate(made);
    return made;
  }

  async get(tenantId: string, id: string): Promise<Aggregate> {
    const aggregate = await this.#parts.aggregates.get(tenantId, id);
    if (!aggregate) throw notFound('aggregate');
    return aggregate;
  }

  async list(tenantId: string, page: PageRequest): Promise<Page<Aggregate>> {
    return this.#parts.aggregates.list(tenantId, page);
  }

  /**
   * Replaces the definition of the version that the caller saw. Where it counts otherwise than before, the segments that
   * ask it are built anew. The name of one that segments ask stays.
   */
  async update(tenantId: string, id: string, input: unknown, expected: number): Promise<Aggregate> {
    const { aggregates, catalog, clock, log, limits } = this.#parts;
    const definition = requireNamedAggregate(input, limits);
    const now = clock.now();
    const { aggregate, outdated } = await catalog.goLive(tenantId, now, async (since) => {
      const standing = await this.get(tenantId, id);
      const users = await this.#users(tenantId, standing);
      if (users.length > 0) await this.#checkUse(tenantId, standing.definition, definition, users);
      const counts = meaningOf(definition) !== meaningOf(standing.definition);
      const aggregate: Aggregate = {
        ...standing,
        definition,
        version: expected + 1,
        ...(counts ? { since, timeZone: this.#parts.timeZoneOf(tenantId) } : {}),
        updatedAt: now,
      };
      const outcome = await aggregates.replace(tenantId, aggregate, expected);
      if (outcome === 'taken') throw taken(definition.name);
      if (outcome === 'outdated') throw conflict('The aggregate was changed by somebody else; read it again.');
      return { aggregate, outdated: counts ? users : [] };
    });
    catalog.putAggregate(aggregate);
    // All of them are held to the new definition from now on, so each needs one build, in whatever order.
    if (outdated.length > 0) await log.append(outdated.map((user) => segmentJob(buildOf(tenantId, user.id))));
    return aggregate;
  }

  async delete(tenantId: string, id: string): Promise<void> {
    const { aggregates, catalog } = this.#parts;
    const aggregate = await this.get(tenantId, id);
    const users = await this.#users(tenantId, aggregate);
    if (users.length > 0) throw inUse(`Segments ask ${aggregate.definition.name}`, users);
    await aggregates.delete(tenantId, id);
    catalog.removeAggregate(tenantId, id);
  }

  /**
   * Lets days be days of the zone that is the tenant's now: what asks for days is kept anew. Segments are not built here.
   */
  async followTimeZone(tenantId: string): Promise<void> {
    const { aggregates, catalog, clock, timeZoneOf } = this.#parts;
    const timeZone = timeZoneOf(tenantId);
    const kept = await catalog.goLive(tenantId, clock.now(), async (since) => {
      const changed: Aggregate[] = [];
      for (const standing of await aggregates.all(tenantId)) {
        if (standing.timeZone === timeZone || !asksForDays(standing)) continue;
        const aggregate = { ...standing, since: since++, timeZone };
        if ((await aggregates.replace(tenantId, aggregate, standing.version)) === 'changed') changed.push(aggregate);
      }
      return changed;
    });
    for (const aggregate of kept) catalog.putAggregate(aggregate);
  }

  /** Goes on with changes that a crash cut off before everything followed from them. After the catalog's start. */
  async recover(): Promise<void> {
    const { catalog, log } = this.#parts;
    for (const tenantId of catalog.tenants()) await this.followTimeZone(tenantId);
    const jobs = catalog.outdated().map(({ tenantId, segmentId }) => segmentJob(buildOf(tenantId, segmentId)));
    if (jobs.length > 0) await log.append(jobs);
  }

  async #users(tenantId: string, { definition }: Aggregate): Promise<Segment[]> {
    return usersOf(definition.name, await this.#parts.segments.all(tenantId));
  }

  /** What segments ask of it now has to have a meaning afterwards. */
  async #checkUse(
    tenantId: string,
    before: NamedAggregate,
    after: NamedAggregate,
    users: readonly Segment[],
  ): Promise<void> {
    if (before.name !== after.name) throw inUse(`Its name stays ${before.name}, because segments ask it`, users);
    const named = definitionsByName(await this.#parts.aggregates.all(tenantId)).set(after.name, after);
    const errors: FieldError[] = [];
    for (const { id, name, rule } of users) {
      const parsed = parseRule(rule, { aggregates: named, ...(this.#parts.limits && { limits: this.#parts.limits }) });
      const [mistake] = parsed.ok ? [] : parsed.errors;
      if (mistake)
        errors.push({ path: id, message: `${name} would not be a rule: ${mistake.path}: ${mistake.message}` });
    }
    if (errors.length > 0)
      throw new CdpError('conflict', `Segments ask it what it could not answer then. ${errors[0]?.message}`, {
        errors,
      });
  }
}

const buildOf = (tenantId: string, segmentId: string) =>
  ({ step: 'build', tenantId, segmentId, dependents: false }) as const;

const asksForDays = ({ definition }: Aggregate): boolean => {
  const { where } = resolveNamed(definition);
  return where !== undefined && daysAskedIn(where);
};

/** Equal for definitions that give every profile the same figure, whatever they are called. */
const meaningOf = ({ event, where, measure, property, within }: NamedAggregate): string =>
  JSON.stringify([event, where ?? null, measure, property ?? null, within ?? null]);

const inUse = (what: string, users: readonly Segment[]): CdpError =>
  new CdpError('conflict', `${what}: ${users.map(({ name }) => name).join(', ')}.`, {
    errors: users.map(({ id, name }) => ({
      path: id,
      message: `${name} asks this aggregate, itself or by a segment that it nests.`,
    })),
  });

const taken = (name: string): CdpError =>
  new CdpError('conflict', `There is an aggregate named ${name} already.`, {
    errors: [{ path: 'name', message: 'Is taken.' }],
  });

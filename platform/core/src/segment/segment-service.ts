import {
  CdpError,
  type Clock,
  conflict,
  type Ids,
  invalid,
  notFound,
  type Page,
  type PageRequest,
} from '../kernel/index.js';
import type { EventLog } from '../log/index.js';
import { type EventStore, fillFromHistory, type ProfileDocument, type ProfileStore } from '../profile/index.js';
import { definitionsByName } from './aggregate.js';
import type { AggregateStore } from './aggregate-store.js';
import type { Audience, RuleContext } from './audience.js';
import { compileRule } from './compile-rule.js';
import { requireRule } from './parse-rule.js';
import type { NamedAggregate, Rule } from './rule.js';
import { RULE_LIMITS, type RuleLimits } from './rule-mistakes.js';
import type { Explanation } from './rule-node.js';
import type { Segment } from './segment.js';
import { segmentJob } from './segment-builder.js';
import type { SegmentCatalog } from './segment-catalog.js';
import { circleThrough, conditionsWithin, dependentsOf } from './segment-graph.js';
import type { SegmentStore } from './segment-store.js';

export interface SegmentServiceParts {
  store: SegmentStore;
  aggregates: AggregateStore;
  catalog: SegmentCatalog;
  audience: Audience;
  profiles: ProfileStore;
  events: EventStore;
  log: EventLog;
  clock: Clock;
  ids: Ids;
  timeZoneOf: (tenantId: string) => string;
  /** Names of what else uses a segment and would go wrong without it. */
  usersOf: (tenantId: string, segmentId: string) => Promise<string[]>;
  limits?: Partial<RuleLimits>;
}

/** A segment with how many are in it, and as of when. */
export interface SizedSegment {
  segment: Segment;
  size: number;
  /** Epoch milliseconds. */
  asOf: number;
}

export interface RulePreview {
  count: number;
  total: number;
  sample: ProfileDocument[];
  asOf: number;
  tookMs: number;
}

/** A segment that a profile is in. */
export interface ProfileSegment {
  id: string;
  name: string;
  /** Epoch milliseconds. */
  since: number;
}

/** What rules of a tenant can name. */
interface Named {
  segments: readonly Segment[];
  aggregates: ReadonlyMap<string, NamedAggregate>;
}

const NOTHING_NAMED: Named = { segments: [], aggregates: new Map() };

const MAX_NAME = 200;

/** Definitions of segments, and what can be asked of them. Building is the `SegmentBuilder`'s. */
export class SegmentService {
  readonly #parts: SegmentServiceParts;
  readonly #limits: RuleLimits;

  constructor(parts: SegmentServiceParts) {
    this.#parts = parts;
    this.#limits = { ...RULE_LIMITS, ...parts.limits };
  }

  /** Checks the rule and begins to build. */
  async create(tenantId: string, input: { name: string; rule: unknown }): Promise<SizedSegment> {
    const { store, clock, ids } = this.#parts;
    const rule = this.#rule(input.rule, await this.#named(tenantId));
    const now = clock.now();
    const segment: Segment = {
      id: ids.next(),
      tenantId,
      name: checkName(input.name),
      rule,
      version: 1,
      state: 'building',
      live: null,
      builtSize: 0,
      builtAt: null,
      problem: null,
      createdAt: now,
      updatedAt: now,
    };
    if (!(await store.insert(tenantId, segment))) throw taken(segment.name);
    // One that nests it may be live before it is.
    this.#parts.catalog.put(segment);
    await this.#enqueueSoon(tenantId, segment.id);
    return { segment, size: 0, asOf: now };
  }

  async get(tenantId: string, id: string): Promise<SizedSegment> {
    return this.#sized(await this.#known(tenantId, id));
  }

  async list(tenantId: string, request: PageRequest): Promise<Page<SizedSegment>> {
    const page = await this.#parts.store.list(tenantId, request);
    return { items: await Promise.all(page.items.map((segment) => this.#sized(segment))), nextCursor: page.nextCursor };
  }

  /** Changes name, rule or both of the version that the caller saw. A new rule is built, and so are segments that nest this one. */
  async update(
    tenantId: string,
    id: string,
    input: { name?: string; rule?: unknown },
    expected: number,
  ): Promise<SizedSegment> {
    const { store, catalog, clock } = this.#parts;
    const standing = await this.#known(tenantId, id);
    const named = await this.#named(tenantId);
    const { segments } = named;
    const rule = input.rule === undefined ? standing.rule : this.#rule(input.rule, named);
    const circle = circleThrough(id, rule, segments);
    if (circle) throw invalid('rule', `Segments must not nest in a circle: ${circle.join(' → ')}.`);
    const dependents = dependentsOf(id, segments);
    this.#boundNesting(dependents, new Map([...rulesOf(segments), [id, rule]]));
    const changed = JSON.stringify(rule) !== JSON.stringify(standing.rule);
    const segment: Segment = {
      ...standing,
      name: input.name === undefined ? standing.name : checkName(input.name),
      rule,
      version: expected + 1,
      state: changed ? 'building' : standing.state,
      updatedAt: clock.now(),
    };
    const outcome = await store.replace(tenantId, segment, expected);
    if (outcome === 'taken') throw taken(segment.name);
    if (outcome === 'outdated') throw conflict('The segment was changed by somebody else; read it again.');
    const kept = await store.get(tenantId, id);
    if (kept?.live === null) catalog.put(kept);
    // A build that is under way is for the version before: it is not taken over, so this version needs its own.
    if (changed || standing.state === 'building') await this.#enqueueSoon(tenantId, id);
    return this.#sized(segment);
  }

  async delete(tenantId: string, id: string): Promise<void> {
    const { store, catalog, log, clock, ids } = this.#parts;
    const segment = await this.#known(tenantId, id);
    const dependents = dependentsOf(id, await store.all(tenantId));
    if (dependents.length > 0)
      throw new CdpError(
        'conflict',
        `Other segments use ${segment.name}: ${dependents.map(({ name }) => name).join(', ')}.`,
        {
          errors: dependents.map((dependent) => ({
            path: dependent.id,
            message: `${dependent.name} nests this segment.`,
          })),
        },
      );
    const users = await this.#parts.usersOf(tenantId, id);
    if (users.length > 0)
      throw new CdpError('conflict', `Campaigns that are not over send to ${segment.name}: ${users.join(', ')}.`);
    // The job first, which waits for the segment to be gone: so no crash can leave members without it.
    const deletion = { by: ids.next(), askedAt: clock.now() };
    await log.append([segmentJob({ step: 'retire', tenantId, segmentId: id, cursor: null, ...deletion })]);
    await store.delete(tenantId, id);
    catalog.remove(tenantId, id);
  }

  async build(tenantId: string, id: string): Promise<SizedSegment> {
    const segment = await this.#known(tenantId, id);
    await this.#enqueue(tenantId, id);
    return this.#sized({ ...segment, state: 'building' });
  }

  /** Builds every segment of the tenant anew, and those that nest one after it. */
  async buildAll(tenantId: string): Promise<void> {
    for (const { id } of await this.#parts.store.all(tenantId)) await this.#enqueue(tenantId, id, true);
  }

  /** How many fit a rule, and some of them; `asOf` counts windows back from a past instant (epoch milliseconds). */
  async preview(
    tenantId: string,
    input: { rule: unknown; asOf?: number | undefined; sample?: number },
  ): Promise<RulePreview> {
    const { audience, profiles, clock } = this.#parts;
    const named = await this.#named(tenantId);
    const rule = this.#rule(input.rule, named);
    const now = clock.now();
    const context = this.#context(tenantId, named, input.asOf ?? now);
    const started = performance.now();
    await audience.refresh(tenantId);
    const { count, total, sample } = await audience.count(tenantId, rule, context, input.sample ?? 10);
    const tookMs = Math.round((performance.now() - started) * 10) / 10;
    const documents = (await profiles.getMany(tenantId, sample)).filter((document) => document !== undefined);
    return { count, total, sample: documents, asOf: input.asOf ?? now, tookMs };
  }

  /** Profiles that fit a rule, or all where there is none. */
  async search(tenantId: string, input: { rule?: unknown }, page: PageRequest): Promise<Page<ProfileDocument>> {
    const { audience, clock } = this.#parts;
    const named = input.rule === undefined ? NOTHING_NAMED : await this.#named(tenantId);
    const rule = input.rule === undefined ? { all: [] } : this.#rule(input.rule, named);
    await audience.refresh(tenantId);
    return this.#documents(
      tenantId,
      await audience.search(tenantId, rule, this.#context(tenantId, named, clock.now()), page),
    );
  }

  /** Profiles with an identifier or a text trait that contains the text. */
  async find(tenantId: string, text: string, page: PageRequest): Promise<Page<ProfileDocument>> {
    await this.#parts.audience.refresh(tenantId);
    return this.#documents(tenantId, await this.#parts.audience.find(tenantId, text, page));
  }

  async members(tenantId: string, id: string, page: PageRequest): Promise<Page<{ profileId: string; since: number }>> {
    await this.#known(tenantId, id);
    return this.#parts.audience.members(tenantId, id, page);
  }

  async segmentsOf(tenantId: string, profileId: string): Promise<ProfileSegment[]> {
    const segments = await this.#parts.store.all(tenantId);
    const ids = segments.map(({ id }) => id);
    const memberships =
      ids.length === 0
        ? undefined
        : (await this.#parts.audience.membershipsOf(tenantId, [profileId], ids)).get(profileId);
    return segments.flatMap(({ id, name }) => {
      const membership = memberships?.get(id);
      return membership ? [{ id, name, since: membership.since }] : [];
    });
  }

  /** Why a profile is in a segment or is not: the rule's tree with each node's answer, what it saw, and when it can next change. */
  async explain(tenantId: string, id: string, profileId: string): Promise<Explanation> {
    const { profiles, events, clock } = this.#parts;
    const segment = await this.#known(tenantId, id);
    const document = await profiles.get(tenantId, profileId);
    if (document?.state !== 'active') throw notFound('profile');
    const now = clock.now();
    const context = this.#context(tenantId, await this.#named(tenantId), now);
    const rule = compileRule(segment.rule, context);
    const definitions = [...rule.touches.aggregates.values()];
    // From the history: the document may not know the aggregates of a segment that is newer than its last event.
    const eventNames = [...new Set(definitions.map(({ eventName }) => eventName))];
    await events.refresh();
    const history = await events.history(tenantId, [{ profileId, eventNames, since: Number.NEGATIVE_INFINITY }]);
    const known = history.get(profileId) ?? [];
    const aggregates = Object.fromEntries(
      definitions.map((definition) => [definition.key, fillFromHistory(definition, known, now)]),
    );
    return rule.explain({ ...document, aggregates }, now);
  }

  async #known(tenantId: string, id: string): Promise<Segment> {
    const segment = await this.#parts.store.get(tenantId, id);
    if (!segment) throw notFound('segment');
    return segment;
  }

  async #sized(segment: Segment): Promise<SizedSegment> {
    const { audience, clock } = this.#parts;
    return {
      segment,
      size: await audience.size(segment.tenantId, segment.id),
      asOf: segment.live ? clock.now() : segment.updatedAt,
    };
  }

  async #documents(tenantId: string, page: Page<string>): Promise<Page<ProfileDocument>> {
    const documents = await this.#parts.profiles.getMany(tenantId, page.items);
    return { items: documents.filter((document) => document !== undefined), nextCursor: page.nextCursor };
  }

  async #named(tenantId: string): Promise<Named> {
    const { store, aggregates } = this.#parts;
    const [segments, named] = await Promise.all([store.all(tenantId), aggregates.all(tenantId)]);
    return { segments, aggregates: definitionsByName(named) };
  }

  #context(tenantId: string, { segments, aggregates }: Named, now: number): RuleContext {
    return { now, timeZone: this.#parts.timeZoneOf(tenantId), segments: rulesOf(segments), aggregates };
  }

  /** What a client sent, if it is a rule over these segments and aggregates. */
  #rule(input: unknown, { segments, aggregates }: Named): Rule {
    const rule = requireRule(input, {
      limits: this.#limits,
      segments: new Set(segments.map(({ id }) => id)),
      aggregates,
    });
    this.#boundNesting([{ name: 'The rule', rule }], rulesOf(segments));
    return rule;
  }

  #boundNesting(asked: readonly Pick<Segment, 'name' | 'rule'>[], rules: ReadonlyMap<string, Rule>): void {
    const most = this.#limits.nestedConditions;
    const tooMuch = asked.find(({ rule }) => conditionsWithin(rule, rules) > most);
    if (tooMuch)
      throw invalid(
        'rule',
        `${tooMuch.name} has more than ${most} conditions with those of the segments that it nests.`,
      );
  }

  /** For a segment that is stored as one to be built: where the log is away, `StalledBuilds` finds it later. */
  async #enqueueSoon(tenantId: string, segmentId: string): Promise<void> {
    try {
      await this.#enqueue(tenantId, segmentId, true);
    } catch (error) {
      if (!(error instanceof CdpError && error.code === 'unavailable')) throw error;
    }
  }

  async #enqueue(tenantId: string, segmentId: string, dependents = false): Promise<void> {
    await this.#parts.log.append([segmentJob({ step: 'build', tenantId, segmentId, dependents })]);
  }
}

const rulesOf = (segments: readonly Segment[]): Map<string, Rule> =>
  new Map(segments.map(({ id, rule }) => [id, rule]));

const taken = (name: string): CdpError =>
  new CdpError('conflict', `There is a segment named ${name} already.`, {
    errors: [{ path: 'name', message: 'Is taken.' }],
  });

function checkName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '' || trimmed.length > MAX_NAME)
    throw invalid('name', `Give it a name of at most ${MAX_NAME} characters.`);
  return trimmed;
}

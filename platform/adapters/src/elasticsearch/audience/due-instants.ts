import { parseDuration } from '@cdp/core/kernel';
import type { ProfileDocument, ProfileStore } from '@cdp/core/profile';
import {
  type CompiledRule,
  compileRule,
  type EventQuestion,
  type MomentQuestion,
  type ResolvedRule,
  type Rule,
  type RuleContext,
  resolveRule,
} from '@cdp/core/segment';
import type { estypes } from '@elastic/elasticsearch';
import type { AudienceIndex, Bucket } from './audience-index.js';
import { instants } from './operator-query.js';
import { allOf, anyOf, NOTHING, type Query } from './query.js';
import { eventBounds } from './question-answers.js';
import { loadAll, type SortedPages, withHeads } from './sorted-pages.js';
import { ValuesAtPath } from './values-at-path.js';

export interface Due {
  profileId: string;
  /** Epoch milliseconds. */
  at: number;
}

type TraitQuestion = Extract<ResolvedRule, { kind: 'trait' }>;

/** Documents that are read together. */
const AT_ONCE = 1_000;
const PAGE = 10_000;

export interface DueParts {
  index: AudienceIndex;
  profiles: Pick<ProfileStore, 'getMany'>;
}

/**
 * For every active profile whose answer time alone may change, an instant that is not after the first such change. Of events
 * the engine tells the next one to enter or leave a window; of traits the documents do, of those profiles alone that have a
 * time from which something is still to come.
 */
export class DueInstants {
  readonly #parts: DueParts;
  readonly #tenantId: string;
  readonly #context: RuleContext;
  readonly #traits: TraitQuestion[] = [];
  readonly #lists: ((after: string | undefined) => SortedPages<Due>)[] = [];

  constructor(parts: DueParts, tenantId: string, rule: Rule, context: RuleContext) {
    this.#parts = parts;
    this.#tenantId = tenantId;
    this.#context = context;
    this.#visit(resolveRule(rule, context));
    if (this.#traits.length > 0) this.#lists.push((after) => this.#ofTraits(after));
  }

  /** Those after a profile, by id. */
  async *pages(after: string | undefined): AsyncGenerator<Due[]> {
    const lists = this.#lists.map((list) => list(after));
    const merged = withHeads(lists, async function* (heads): AsyncGenerator<Due[]> {
      let page: Due[] = [];
      for (;;) {
        await loadAll(heads);
        let due: Due | undefined;
        for (const { item } of heads)
          if (item !== undefined && (due === undefined || item.profileId < due.profileId)) due = item;
        if (due === undefined) break;
        const { profileId } = due;
        let { at } = due;
        for (const head of heads) {
          if (head.item?.profileId !== profileId) continue;
          at = Math.min(at, head.item.at);
          head.next();
        }
        if (page.push({ profileId, at }) >= PAGE) {
          yield page;
          page = [];
        }
      }
      if (page.length > 0) yield page;
    });
    for await (const page of merged) {
      const ids = page.map(({ profileId }) => profileId);
      const active = await this.#parts.index.ids(this.#tenantId, { terms: { profileId: ids } }, ids.length);
      const isActive = new Set(active);
      yield page.filter(({ profileId }) => isActive.has(profileId));
    }
  }

  #visit(rule: ResolvedRule): void {
    if (rule.kind === 'all' || rule.kind === 'any') for (const inner of rule.rules) this.#visit(inner);
    else if (rule.kind === 'not' || rule.kind === 'segment') this.#visit(rule.rule);
    else if (rule.kind === 'trait') {
      if (isMoving(rule)) this.#traits.push(rule);
    } else if (rule.kind === 'event') {
      const { span } = rule;
      if (span.kind === 'sliding') this.#lists.push((after) => this.#ofWindow(rule, span, after));
    } else if (rule.kind === 'moment' && isMoving(rule)) {
      if (rule.op === 'anniversary') this.#lists.push((after) => this.#ofMoments(rule, after));
      else {
        // The first or the last event is one of them, so no turn of it is missed.
        const span = { startAgo: parseDuration(rule.value as string) as number, endAgo: 0 };
        this.#lists.push((after) => this.#ofWindow(rule, span, after));
      }
    }
  }

  /** An event at t is in the window while now - startAgo <= t < now - endAgo. */
  async *#ofWindow(
    question: EventQuestion | MomentQuestion,
    { startAgo, endAgo }: { startAgo: number; endAgo: number },
    after: string | undefined,
  ): AsyncGenerator<Due[]> {
    const { now } = this.#context;
    const [start, end] = [Math.ceil(now - startAgo), Math.ceil(now - endAgo)];
    const events = question.kind === 'event' ? { ...question, span: { kind: 'ever' } as const } : question;
    const { may } = eventBounds(this.#tenantId, events, this.#context);
    const first = (window: estypes.QueryDslRangeQuery): estypes.AggregationsAggregationContainer => ({
      filter: { range: { timestamp: window } },
      aggregations: { first: { min: { field: 'timestamp' } } },
    });
    const query = may === NOTHING ? NOTHING : allOf([may, { range: { timestamp: { gte: start } } }]);
    const aggregations = { leaving: first({ lt: end }), entering: first({ gte: end }) };
    for await (const buckets of this.#parts.index.buckets('events', this.#tenantId, query, { aggregations, after }))
      yield buckets.map((bucket) => ({
        profileId: bucket.key.profile,
        at: Math.min(firstIn(bucket, 'leaving') + startAgo + 1, firstIn(bucket, 'entering') + endAgo + 1),
      }));
  }

  async *#ofMoments(question: MomentQuestion, after: string | undefined): AsyncGenerator<Due[]> {
    const { now } = this.#context;
    const compiled = this.#compiled({ trait: 'moment', op: 'anniversary' });
    const { may } = eventBounds(this.#tenantId, question, this.#context);
    const aggregations = {
      moment: { [question.measure === 'first' ? 'min' : 'max']: { field: 'timestamp' } },
    };
    for await (const buckets of this.#parts.index.buckets('events', this.#tenantId, may, { aggregations, after }))
      yield buckets.flatMap((bucket) => {
        const { value } = bucket.moment as { value: number };
        const view = { traits: { moment: { value, at: 0 } }, devices: [], consents: [], aggregates: {} };
        const at = compiled.nextChange(view, now);
        return at === undefined ? [] : [{ profileId: bucket.key.profile, at }];
      });
  }

  async *#ofTraits(after: string | undefined): AsyncGenerator<Due[]> {
    const { index, profiles } = this.#parts;
    const { now } = this.#context;
    const compiled = this.#traits.map(({ path, op, value }) =>
      this.#compiled({ trait: path.join('.'), op, ...(value === undefined ? {} : { value }) } as Rule),
    );
    const query = anyOf(this.#traits.map((question) => this.#stillToCome(question)));
    for await (const buckets of index.buckets('profiles', this.#tenantId, query, { after }))
      for (let from = 0; from < buckets.length; from += AT_ONCE) {
        const ids = buckets.slice(from, from + AT_ONCE).map(({ key }) => key.profile);
        const documents = await profiles.getMany(this.#tenantId, ids);
        yield documents.flatMap((document) => (document === undefined ? [] : nextChange(compiled, document, now)));
      }
  }

  #stillToCome({ path, op, value }: TraitQuestion): Query {
    const at = new ValuesAtPath(this.#tenantId, path.join('.'));
    return instants(
      at,
      op === 'anniversary' ? {} : { gte: this.#context.now - (parseDuration(value as string) as number) },
    );
  }

  #compiled(rule: Rule): CompiledRule {
    return compileRule(rule, { timeZone: this.#context.timeZone, segments: new Map(), aggregates: new Map() });
  }
}

const isMoving = ({ op }: { op: string }): boolean =>
  op === 'withinLast' || op === 'notWithinLast' || op === 'anniversary';

function nextChange(compiled: readonly CompiledRule[], document: ProfileDocument, now: number): Due[] {
  let at = Number.POSITIVE_INFINITY;
  for (const one of compiled) at = Math.min(at, one.nextChange(document, now) ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(at) ? [{ profileId: document.id, at }] : [];
}

function firstIn(bucket: Bucket, name: string): number {
  const { first } = bucket[name] as { first: { value: number | null } };
  return first.value ?? Number.POSITIVE_INFINITY;
}

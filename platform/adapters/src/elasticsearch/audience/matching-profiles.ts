import type { Rule, RuleContext } from '@cdp/core/segment';
import type { AudienceIndex } from './audience-index.js';
import type { ProfileVerifier } from './profile-verifier.js';
import { ProfilesOfBounds } from './profiles-of-bounds.js';
import { allOf, anyOf, type Bounds, isExact, NOTHING, type Query, unsureOf } from './query.js';
import { type Answered, type From, QuestionAnswers } from './question-answers.js';
import { RulePlan } from './rule-plan.js';
import { loadAll, type SortedPages, withHeads } from './sorted-pages.js';

export interface MatchingParts {
  index: AudienceIndex;
  verifier: ProfileVerifier;
  /**
   * Up to so many profiles that may fit whatever their events, their events are asked for by their ids, a page at a time, instead
   * of going through all events that a rule asks about.
   */
  few: number;
}

/** Ids of one page. */
const PAGE = 10_000;
/** Groups in one query: each brings the conditions on profiles along, and the engine bounds how many there may be. */
const BUNDLE = 16;

/** Profiles with the same answers to the questions of a rule. */
interface Group {
  profileIds: string[];
  bounds: Bounds;
}

/**
 * The active profiles of a tenant that fit a rule. Most profiles have no events that a question of the rule is about; so the
 * engine is asked for those that fit without any, and those who have some are set right: they come in the order of their ids
 * with the answers to the questions, and are asked again by the page as those with these answers. Where only few may fit whatever
 * their events, these are listed and their events alone are looked at.
 */
export class MatchingProfiles {
  readonly #parts: MatchingParts;
  readonly #tenantId: string;
  readonly #rule: Rule;
  readonly #context: RuleContext;
  readonly #plan: RulePlan;
  readonly #answers: QuestionAnswers;
  readonly #profiles: ProfilesOfBounds;
  /** Those that fit without any events. */
  readonly #ofNobody: Bounds;
  #few: Promise<boolean> | undefined;

  constructor(parts: MatchingParts, tenantId: string, rule: Rule, context: RuleContext) {
    this.#parts = parts;
    this.#tenantId = tenantId;
    this.#rule = rule;
    this.#context = context;
    this.#plan = new RulePlan(tenantId, rule, context);
    this.#answers = new QuestionAnswers(parts.index, tenantId, this.#plan.questions, context);
    this.#profiles = new ProfilesOfBounds(parts.index, tenantId, (ids) => this.#verify(ids));
    this.#ofNobody = this.#plan.profiles(this.#answers.ofNobody);
  }

  async count(): Promise<number> {
    const { index } = this.#parts;
    const base = this.#ofNobody;
    let count = 0;
    if (this.#plan.questions.length > 0 && (!isExact(base) || (await this.#areFew()))) {
      for await (const page of this.pages()) count += page.length;
      return count;
    }
    count = await index.count('profiles', this.#tenantId, base.sure);
    for await (const page of this.#profiles.verified(base, {})) count += page.length;
    if (this.#plan.questions.length > 0)
      for await (const page of this.#answers.pages()) count += await this.#difference(page);
    return count;
  }

  /** Their ids, in order. */
  async *pages(from: From = {}): AsyncGenerator<readonly string[]> {
    if (this.#plan.questions.length === 0) yield* this.#profiles.pages(this.#ofNobody, from);
    else if (await this.#areFew()) yield* this.#fittingFew(from);
    else if (this.#ofNobody.may === NOTHING) yield* this.#fittingAnswered(from);
    else yield* this.#corrected(from);
  }

  /** Whether those that may fit, whatever their events, are so few that only their events need to be looked at. */
  #areFew(): Promise<boolean> {
    this.#few ??= this.#parts.index
      .count('profiles', this.#tenantId, this.#whateverEvents)
      .then((count) => count <= this.#parts.few);
    return this.#few;
  }

  get #whateverEvents(): Query {
    return this.#plan.profiles(this.#plan.questions.map(() => undefined)).may;
  }

  async *#fittingFew(from: From): AsyncGenerator<readonly string[]> {
    const { ofNobody } = this.#answers;
    for await (const buckets of this.#parts.index.buckets('profiles', this.#tenantId, this.#whateverEvents, from)) {
      const profileIds = buckets.map(({ key }) => key.profile);
      const known = new Map<string, Answered>();
      for await (const page of this.#answers.pages({}, profileIds))
        for (const answered of page) known.set(answered.profileId, answered);
      const page = profileIds.map((profileId) => known.get(profileId) ?? { profileId, answers: ofNobody });
      const fitting = await this.#fittingOf(page);
      if (fitting.size > 0) yield profileIds.filter((id) => fitting.has(id));
    }
  }

  /** How many more there are, because of their events, than without them. */
  async #difference(page: readonly Answered[]): Promise<number> {
    const { index } = this.#parts;
    const all = page.map(({ profileId }) => profileId);
    const bundles = this.#bundles(page);
    const [base = 0, ...counts] = await index.counts('profiles', this.#tenantId, [
      among(all, this.#ofNobody.sure),
      ...bundles.map((groups) => anyOf(groups.map(({ profileIds, bounds }) => among(profileIds, bounds.sure)))),
    ]);
    const verified = await this.#verifiedAmong(bundles);
    return counts.reduce((sum, count) => sum + count, verified.length - base);
  }

  /** Profiles by their answers, as many groups together as one query can tell apart. */
  #bundles(page: readonly Answered[]): Group[][] {
    const groups = new Map<string, Group>();
    for (const { profileId, answers } of page) {
      const key = answers.join();
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { profileIds: [profileId], bounds: this.#plan.profiles(answers) });
      else group.profileIds.push(profileId);
    }
    const asked = [...groups.values()].filter(({ bounds }) => bounds.may !== NOTHING);
    return Array.from({ length: Math.ceil(asked.length / BUNDLE) }, (_, at) =>
      asked.slice(at * BUNDLE, (at + 1) * BUNDLE),
    );
  }

  async #fittingOf(page: readonly Answered[]): Promise<Set<string>> {
    const bundles = this.#bundles(page);
    const fitting = new Set<string>(await this.#verifiedAmong(bundles));
    for (const groups of bundles) {
      const sure = anyOf(groups.map(({ profileIds, bounds }) => among(profileIds, bounds.sure)));
      for (const id of await this.#parts.index.ids(this.#tenantId, sure, page.length)) fitting.add(id);
    }
    return fitting;
  }

  /** Those of whom the engine is not sure, and who fit. */
  async #verifiedAmong(bundles: readonly Group[][]): Promise<string[]> {
    const verified: string[] = [];
    for (const { profileIds, bounds } of bundles.flat()) {
      const ids = await this.#parts.index.ids(this.#tenantId, among(profileIds, unsureOf(bounds)), profileIds.length);
      verified.push(...(await this.#verify(ids)));
    }
    return verified;
  }

  #verify(profileIds: readonly string[]): Promise<string[]> {
    return this.#parts.verifier.fitting(this.#tenantId, profileIds, this.#rule, this.#context);
  }

  async *#fittingAnswered(from: From): AsyncGenerator<readonly string[]> {
    for await (const page of this.#answers.pages(from)) {
      const fitting = await this.#fittingOf(page);
      if (fitting.size > 0) yield page.flatMap(({ profileId }) => (fitting.has(profileId) ? [profileId] : []));
    }
  }

  async *#answered(from: From): AsyncGenerator<{ profileId: string; fits: boolean }[]> {
    for await (const page of this.#answers.pages(from)) {
      const fitting = await this.#fittingOf(page);
      yield page.map(({ profileId }) => ({ profileId, fits: fitting.has(profileId) }));
    }
  }

  /** Those that fit without events, but where their events say otherwise. */
  #corrected(from: From): SortedPages<string> {
    const base = async function* (pages: SortedPages<string>): AsyncGenerator<{ profileId: string; fits: boolean }[]> {
      for await (const page of pages) yield page.map((profileId) => ({ profileId, fits: true }));
    };
    const lists = [this.#answered(from), base(this.#profiles.pages(this.#ofNobody, from))];
    return withHeads(lists, async function* ([answered, others]) {
      let page: string[] = [];
      while (answered !== undefined && others !== undefined) {
        await loadAll([answered, others]);
        const [one, other] = [answered.item, others.item];
        if (one === undefined && other === undefined) break;
        const isAnswered = other === undefined || (one !== undefined && one.profileId <= other.profileId);
        const next = isAnswered ? one : other;
        if (isAnswered) answered.next();
        if (other?.profileId === next?.profileId) others.next();
        if (next?.fits && page.push(next.profileId) >= (from.first ?? PAGE)) {
          yield page;
          page = [];
        }
      }
      if (page.length > 0) yield page;
    });
  }
}

const among = (profileIds: readonly string[], query: Query): Query =>
  query === NOTHING ? NOTHING : allOf([{ terms: { profileId: [...profileIds] } }, query]);

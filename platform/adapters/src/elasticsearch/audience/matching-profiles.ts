import type { Rule, RuleContext } from '@cdp/core/segment';
import type { AudienceIndex } from './audience-index.js';
import type { ProfileVerifier } from './profile-verifier.js';
import { ProfilesOfBounds } from './profiles-of-bounds.js';
import { allOf, type Bounds, isExact, NOTHING, type Query, unsureOf } from './query.js';
import { type Answered, type From, QuestionAnswers } from './question-answers.js';
import { RulePlan } from './rule-plan.js';
import { loadAll, type SortedPages, withHeads } from './sorted-pages.js';

export interface MatchingParts {
  index: AudienceIndex;
  verifier: ProfileVerifier;
}

/** Ids of one page. */
const PAGE = 10_000;

/** Profiles with the same answers to the questions of a rule. */
interface Group {
  profileIds: string[];
  bounds: Bounds;
}

/**
 * The active profiles of a tenant that fit a rule. Most profiles have no events that a question of the rule is about; so the
 * engine is asked for those that fit without any, and those who have some are set right: they come in the order of their ids
 * with the answers to the questions, and are asked again by the page as those with these answers.
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
    if (!isExact(base) && this.#plan.questions.length > 0) {
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
    else if (this.#ofNobody.may === NOTHING) yield* this.#fittingAnswered(from);
    else yield* this.#corrected(from);
  }

  /** How many more there are, because of their events, than without them. */
  async #difference(page: readonly Answered[]): Promise<number> {
    const { index } = this.#parts;
    const groups = this.#groups(page);
    const among = ({ profileIds }: Group, query: Query): Query =>
      query === NOTHING ? NOTHING : allOf([{ terms: { profileId: profileIds } }, query]);
    const counts = await index.counts(
      'profiles',
      this.#tenantId,
      groups.flatMap((group) => [among(group, group.bounds.sure), among(group, this.#ofNobody.sure)]),
    );
    let difference = 0;
    for (const [at, group] of groups.entries()) {
      difference += (counts[2 * at] ?? 0) - (counts[2 * at + 1] ?? 0);
      if (!isExact(group.bounds)) difference += (await this.#unsureAmong(group)).length;
    }
    return difference;
  }

  #groups(page: readonly Answered[]): Group[] {
    const groups = new Map<string, Group>();
    for (const { profileId, answers } of page) {
      const key = answers.join();
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { profileIds: [profileId], bounds: this.#plan.profiles(answers) });
      else group.profileIds.push(profileId);
    }
    return [...groups.values()];
  }

  async #unsureAmong({ profileIds, bounds }: Group): Promise<string[]> {
    const unsure = allOf([{ terms: { profileId: profileIds } }, unsureOf(bounds)]);
    const ids = await this.#parts.index.ids(this.#tenantId, unsure, profileIds.length);
    return this.#verify(ids);
  }

  #verify(profileIds: readonly string[]): Promise<string[]> {
    return this.#parts.verifier.fitting(this.#tenantId, profileIds, this.#rule, this.#context);
  }

  async #fittingOf(page: readonly Answered[]): Promise<Set<string>> {
    const fitting = new Set<string>();
    await Promise.all(
      this.#groups(page).map(async (group) => {
        const { profileIds, bounds } = group;
        const sure = bounds.sure === NOTHING ? NOTHING : allOf([{ terms: { profileId: profileIds } }, bounds.sure]);
        for (const id of await this.#parts.index.ids(this.#tenantId, sure, profileIds.length)) fitting.add(id);
        if (!isExact(bounds)) for (const id of await this.#unsureAmong(group)) fitting.add(id);
      }),
    );
    return fitting;
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

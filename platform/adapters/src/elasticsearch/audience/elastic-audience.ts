import { decodeCursor, type Page, type PageRequest, toPage } from '@cdp/core/kernel';
import type {
  AppliedPosition,
  EventStore,
  Membership,
  MembershipChange,
  ProfileDocument,
  ProfileStore,
} from '@cdp/core/profile';
import { Audience, type BuildRequest, type BuildResult, type Rule, type RuleContext } from '@cdp/core/segment';
import { DueAhead } from '../../due-ahead.js';
import type { SqlSegmentMembers } from '../../sql/index.js';
import type { Elastic } from '../elastic.js';
import { AudienceIndex } from './audience-index.js';
import { DueInstants } from './due-instants.js';
import { MatchingProfiles } from './matching-profiles.js';
import { ProfileVerifier } from './profile-verifier.js';
import { ProfilesOfBounds } from './profiles-of-bounds.js';
import { anyOf, EVERYTHING, exactly, type Query } from './query.js';
import type { From } from './question-answers.js';
import { firstOf, type SortedPages } from './sorted-pages.js';
import { textBounds, textTest } from './text-search.js';

export interface ElasticAudienceParts {
  elastic: Elastic;
  /** The stores that write the indices: what the engine cannot tell is looked up in the documents and histories themselves. */
  profiles: Pick<ProfileStore, 'getMany'>;
  events: Pick<EventStore, 'history'>;
  members: SqlSegmentMembers;
}

/** How the engine is asked; none of these changes an answer. */
export interface ElasticAudienceOptions {
  /** Buckets of one page. Default 20,000, at most 65,536, which is the engine's own bound. */
  page?: number;
  /** See `MatchingParts`. Default 50,000. */
  few?: number;
}

const MOST_SAMPLED = 100;

const after = ({ cursor }: PageRequest): string | undefined =>
  cursor === undefined ? undefined : String(decodeCursor(cursor, 1)[0]);

/**
 * Rules as queries over the indices that the stores of profiles and events write, members in tables. There is nothing to
 * project: a document that was put is visible after `refresh`.
 */
export class ElasticAudience extends Audience {
  readonly #index: AudienceIndex;
  readonly #verifier: ProfileVerifier;
  readonly #parts: ElasticAudienceParts;
  readonly #few: number;
  readonly #dueAhead = new DueAhead();

  constructor(parts: ElasticAudienceParts, { page, few = 50_000 }: ElasticAudienceOptions = {}) {
    super();
    this.#parts = parts;
    this.#few = few;
    this.#index = new AudienceIndex(parts.elastic, page);
    this.#verifier = new ProfileVerifier(parts.profiles, parts.events);
  }

  /** The store of profiles has written the documents where rules find them. */
  override async project(_tenantId: string, _documents: readonly ProfileDocument[]): Promise<void> {}

  override async refresh(_tenantId: string): Promise<void> {
    await this.#index.refresh();
  }

  override reached(_position: AppliedPosition): void {}

  /** Everything: a document is durable once it is put. */
  override async projectedPosition(_partition: number): Promise<number | undefined> {
    return Number.POSITIVE_INFINITY;
  }

  override async count(
    tenantId: string,
    rule: Rule,
    context: RuleContext,
    sample: number,
  ): Promise<{ count: number; total: number; sample: string[] }> {
    const matching = this.#matching(tenantId, rule, context);
    const most = Math.min(sample, MOST_SAMPLED);
    const [count, total, sampled] = await Promise.all([
      matching.count(),
      this.#index.count('profiles', tenantId, EVERYTHING),
      most > 0 ? firstOf(matching.pages({ first: most }), most) : [],
    ]);
    return { count, total, sample: sampled };
  }

  override search(tenantId: string, rule: Rule, context: RuleContext, page: PageRequest): Promise<Page<string>> {
    const matching = this.#matching(tenantId, rule, context);
    return this.#page((from) => matching.pages(from), page);
  }

  override find(tenantId: string, text: string, page: PageRequest): Promise<Page<string>> {
    const test = textTest(text);
    const profiles = new ProfilesOfBounds(this.#index, tenantId, (ids) => this.#verifier.select(tenantId, ids, test));
    return this.#page((from) => profiles.pages(textBounds(tenantId, text), from), page);
  }

  override async build(tenantId: string, request: BuildRequest): Promise<BuildResult> {
    // Before anything is written: a rule that cannot be answered changes nothing.
    const matching = this.#matching(tenantId, request.rule, request);
    return this.#parts.members.build(tenantId, request, matching.pages());
  }

  override changes(tenantId: string, segmentId: string, page: PageRequest): Promise<Page<MembershipChange>> {
    return this.#parts.members.changes(tenantId, segmentId, page);
  }

  override forgetChanges(tenantId: string, segmentId: string): Promise<void> {
    return this.#parts.members.forgetChanges(tenantId, segmentId);
  }

  override async dueInstants(
    tenantId: string,
    rule: Rule,
    context: RuleContext,
    page: PageRequest,
  ): Promise<Page<{ profileId: string; at: number }>> {
    const start = after(page);
    const rows = await this.#dueAhead.rows({ tenantId, rule, context }, start, page.limit, async (limit) => {
      const parts = { index: this.#index, profiles: this.#parts.profiles };
      const dues = await firstOf(new DueInstants(parts, tenantId, rule, context).pages(start), limit);
      return dues.map(({ profileId, at }) => ({ profile: profileId, due: at }));
    });
    const { items, nextCursor } = toPage(rows, page.limit, ({ profile }) => [profile]);
    return { items: items.map(({ profile, due }) => ({ profileId: profile, at: due })), nextCursor };
  }

  /**
   * Ids of the active profiles whose documents were written by records that are not before a position of their partition: for
   * each partition the version, one more than the offset of the record, up to which they are left out; those of a partition that
   * is not named are all there. As of the last `refresh`.
   */
  writtenBeyond(tenantId: string, positions: ReadonlyMap<number, number>, page: PageRequest): Promise<Page<string>> {
    const beyond = [...positions].map(
      ([partition, version]): Query => ({
        bool: { filter: [{ term: { partition } }, { range: { version: { gt: version } } }] },
      }),
    );
    const others: Query = { bool: { must_not: [{ terms: { partition: [...positions.keys()] } }] } };
    const profiles = new ProfilesOfBounds(this.#index, tenantId, async () => []);
    return this.#page((from) => profiles.pages(exactly(anyOf([...beyond, others])), from), page);
  }

  override apply(tenantId: string, changes: readonly MembershipChange[]): Promise<void> {
    return this.#parts.members.apply(tenantId, changes);
  }

  override size(tenantId: string, segmentId: string): Promise<number> {
    return this.#parts.members.size(tenantId, segmentId);
  }

  override members(
    tenantId: string,
    segmentId: string,
    page: PageRequest,
  ): Promise<Page<{ profileId: string; since: number }>> {
    return this.#parts.members.members(tenantId, segmentId, page);
  }

  override membershipsOf(
    tenantId: string,
    profileIds: readonly string[],
    segmentIds: readonly string[],
  ): Promise<Map<string, Map<string, Pick<Membership, 'since'>>>> {
    return this.#parts.members.membershipsOf(tenantId, profileIds, segmentIds);
  }

  override snapshot(tenantId: string, segmentId: string, name: string): Promise<number> {
    return this.#parts.members.snapshot(tenantId, segmentId, name);
  }

  override snapshotMembers(tenantId: string, name: string, page: PageRequest): Promise<Page<string>> {
    return this.#parts.members.snapshotMembers(tenantId, name, page);
  }

  override dropSnapshot(tenantId: string, name: string): Promise<void> {
    return this.#parts.members.dropSnapshot(tenantId, name);
  }

  override deleteSegment(tenantId: string, segmentId: string): Promise<void> {
    return this.#parts.members.deleteSegment(tenantId, segmentId);
  }

  /** Its memberships: the document and the events are erased from their own stores. */
  override erase(tenantId: string, profileId: string): Promise<void> {
    return this.#parts.members.erase(tenantId, profileId);
  }

  override deleteTenant(tenantId: string): Promise<void> {
    return this.#parts.members.deleteTenant(tenantId);
  }

  /** Nothing here is its own: the client and the database are closed by who opened them. */
  override async close(): Promise<void> {}

  async #page(pages: (from: From) => SortedPages<string>, request: PageRequest): Promise<Page<string>> {
    const asked = request.limit + 1;
    const ids = await firstOf(pages({ after: after(request), first: asked }), asked);
    return toPage(ids, request.limit, (id) => [id]);
  }

  #matching(tenantId: string, rule: Rule, context: RuleContext): MatchingProfiles {
    const parts = { index: this.#index, verifier: this.#verifier, few: this.#few };
    return new MatchingProfiles(parts, tenantId, rule, context);
  }
}

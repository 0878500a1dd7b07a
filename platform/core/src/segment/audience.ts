import type { Page, PageRequest } from '../kernel/index.js';
import type { AppliedPosition, Membership, MembershipChange, ProfileDocument } from '../profile/index.js';
import type { RuleCatalog } from './resolve-rule.js';
import type { Rule } from './rule.js';

/** What a rule is answered against; `resolveRule` puts in what its names stand for. */
export interface RuleContext extends RuleCatalog {
  /** Epoch milliseconds that windows are counted back from. */
  now: number;
  /** IANA name of the zone that calendar operators use. */
  timeZone: string;
}

export interface BuildRequest extends RuleContext {
  segmentId: string;
  /** Version of the segment; what the members are members of. */
  version: number;
  rule: Rule;
  /** Since when the differences stand, epoch milliseconds; `now` or later: after everything that was told before them. */
  at: number;
}

export interface BuildResult {
  size: number;
  entered: number;
  exited: number;
}

/**
 * Which profiles fit a rule, and who is in which segment since when. A projection of the profiles and the event store.
 *
 * - `project` brings documents up to date; an older version than the one known changes nothing. It may be lazy:
 *   `refresh` makes everything that was projected visible to counts, builds and samples.
 * - A build is a swap: readers see the members before it or after it, never a part. Its differences are kept until
 *   `forgetChanges`, so that they can be published page by page, each once, over a crash.
 * - `apply` of live changes is idempotent: a profile enters a segment that it is in without effect.
 * - Rules give the answer of the live evaluator on the same data, here as in every other evaluator.
 */
export abstract class Audience {
  abstract project(tenantId: string, documents: readonly ProfileDocument[]): Promise<void>;
  abstract refresh(tenantId: string): Promise<void>;

  /** What was projected so far covers the records below `position.next`; kept beside the documents when they are made durable. */
  abstract reached(position: AppliedPosition): void;

  /**
   * Up to where the documents of a partition's records are durable: a consumer resumes there, so that none is missing. Infinity
   * where nothing is kept here that the store of profiles does not keep already.
   */
  abstract projectedPosition(partition: number): Promise<number | undefined>;

  /** How many active profiles fit, of how many; `sample` ids among them, at most 100. */
  abstract count(
    tenantId: string,
    rule: Rule,
    context: RuleContext,
    sample: number,
  ): Promise<{ count: number; total: number; sample: string[] }>;

  /** Ids of the profiles that fit, in their order, a page at a time. */
  abstract search(tenantId: string, rule: Rule, context: RuleContext, page: PageRequest): Promise<Page<string>>;

  /** Ids of active profiles with an identifier or a text trait that contains the text, without regard to case. */
  abstract find(tenantId: string, text: string, page: PageRequest): Promise<Page<string>>;

  abstract build(tenantId: string, request: BuildRequest): Promise<BuildResult>;

  /** The differences of the segment's last build, by profile id; then `forgetChanges`. */
  abstract changes(tenantId: string, segmentId: string, page: PageRequest): Promise<Page<MembershipChange>>;
  abstract forgetChanges(tenantId: string, segmentId: string): Promise<void>;

  /** The next instants at which time alone may change the answer for a profile, by profile id; none later than any true one. */
  abstract dueInstants(
    tenantId: string,
    rule: Rule,
    context: RuleContext,
    page: PageRequest,
  ): Promise<Page<{ profileId: string; at: number }>>;

  /** Live changes, those of one batch together. */
  abstract apply(tenantId: string, changes: readonly MembershipChange[]): Promise<void>;

  abstract size(tenantId: string, segmentId: string): Promise<number>;
  abstract members(
    tenantId: string,
    segmentId: string,
    page: PageRequest,
  ): Promise<Page<{ profileId: string; since: number }>>;

  /** For each profile, the given segments it is in, with since when. */
  abstract membershipsOf(
    tenantId: string,
    profileIds: readonly string[],
    segmentIds: readonly string[],
  ): Promise<Map<string, Map<string, Pick<Membership, 'since'>>>>;

  /** Fixes the members of a segment under a name of the caller's, for good or until `dropSnapshot`; the same name again changes nothing. */
  abstract snapshot(tenantId: string, segmentId: string, name: string): Promise<number>;
  abstract snapshotMembers(tenantId: string, name: string, page: PageRequest): Promise<Page<string>>;
  abstract dropSnapshot(tenantId: string, name: string): Promise<void>;

  abstract deleteSegment(tenantId: string, segmentId: string): Promise<void>;
  /** Takes a profile out of everything here. */
  abstract erase(tenantId: string, profileId: string): Promise<void>;
  abstract deleteTenant(tenantId: string): Promise<void>;
  abstract close(): Promise<void>;
}

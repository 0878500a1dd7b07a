import type { Clock } from '../kernel/index.js';
import {
  type AggregateDefinition,
  applyEvent,
  type EventStore,
  emptyState,
  fillFromHistory,
  type HistoryQuery,
  type MembershipChange,
  type ProfileChange,
  ProfileReaction,
  type StoredEvent,
} from '../profile/index.js';
import type { Audience } from './audience.js';
import type { Due, DueIndex } from './due-index.js';
import type { LiveSegment, RuleIndex } from './rule-index.js';

export interface LiveSegmentationParts {
  /** The live segments and aggregates of a tenant; undefined where it has none. In memory. */
  indexOf: (tenantId: string) => RuleIndex | undefined;
  events: EventStore;
  audience: Audience;
  due: DueIndex;
  clock: Clock;
}

interface Look {
  change: ProfileChange;
  segments: readonly LiveSegment[];
}

/**
 * Keeps the aggregates and memberships of profiles as they change. Only rules that a change can touch are asked. What a
 * document does not know yet, because the segment is newer, is read for all profiles of a batch together.
 */
export class LiveSegmentation extends ProfileReaction {
  readonly #parts: LiveSegmentationParts;

  constructor(parts: LiveSegmentationParts) {
    super();
    this.#parts = parts;
  }

  override async react(tenantId: string, changes: readonly ProfileChange[]): Promise<MembershipChange[]> {
    const index = this.#parts.indexOf(tenantId);
    if (!index) return [];
    const now = this.#parts.clock.now();
    const looks: Look[] = [];
    const behind: ProfileChange[] = [];
    for (const change of changes) {
      if (change.document.state !== 'active') continue;
      if (change.blank) change.document.knownThrough = index.newest;
      if (isBehind(change, index)) behind.push(change);
      else applyEvents(change, index, now);
      looks.push({ change, segments: index.touchedBy(change) });
    }
    if (behind.length > 0) await this.#catchUp(tenantId, index, behind, now);
    const memberships: MembershipChange[] = [];
    const due: Due[] = [];
    for (const look of looks) {
      evaluate(look, now, memberships);
      schedule(look, now, due);
    }
    if (due.length > 0) await this.#parts.due.schedule(due);
    return memberships;
  }

  /** Fills in what is newer than the documents: aggregates from the history, memberships from the last build. */
  async #catchUp(tenantId: string, index: RuleIndex, behind: readonly ProfileChange[], now: number): Promise<void> {
    const { events, audience } = this.#parts;
    const queries: HistoryQuery[] = [];
    for (const change of behind) {
      const definitions = missingDefinitions(change, index);
      if (definitions.length === 0) continue;
      queries.push({
        profileId: change.document.id,
        eventNames: [...new Set(definitions.map(({ eventName }) => eventName))],
        since: Math.min(
          ...definitions.map(({ reachMs }) => (reachMs === undefined ? Number.NEGATIVE_INFINITY : now - reachMs)),
        ),
      });
    }
    let history = new Map<string, StoredEvent[]>();
    if (queries.length > 0) {
      await events.refresh();
      history = await events.history(tenantId, queries);
    }
    const oldest = Math.min(...behind.map(({ document }) => document.knownThrough ?? Number.NEGATIVE_INFINITY));
    const newer = index.segments().filter(({ liveSince }) => liveSince > oldest);
    const members =
      newer.length === 0
        ? new Map<string, Map<string, { since: number }>>()
        : await audience.membershipsOf(
            tenantId,
            behind.map(({ document }) => document.id),
            newer.map(({ id }) => id),
          );
    for (const change of behind) {
      const { document } = change;
      // It holds the events of this batch already.
      const known = history.get(document.id) ?? [];
      const missing = new Set(missingDefinitions(change, index).map(({ key }) => key));
      for (const key of Object.keys(document.aggregates)) if (!index.definition(key)) delete document.aggregates[key];
      for (const definition of index.definitions()) {
        if (missing.has(definition.key)) fill(change, definition, known, now);
      }
      applyEvents(change, index, now, missing);
      document.memberships = membershipsIn(document, members.get(document.id), index);
      document.knownThrough = index.newest;
    }
  }
}

const isBehind = ({ document }: ProfileChange, index: RuleIndex): boolean =>
  (document.knownThrough ?? 0) < index.newest;

const missingDefinitions = (
  { document: { knownThrough = Number.NEGATIVE_INFINITY } }: ProfileChange,
  index: RuleIndex,
) => index.definitions().filter(({ key }) => index.bornAt(key) > knownThrough);

function fill(
  { document }: ProfileChange,
  definition: AggregateDefinition,
  events: readonly StoredEvent[],
  now: number,
): void {
  const state = fillFromHistory(definition, events, now);
  if (state.times.length > 0 || state.buckets) document.aggregates[definition.key] = state;
  else delete document.aggregates[definition.key];
}

function applyEvents(
  { document, events }: ProfileChange,
  index: RuleIndex,
  now: number,
  except?: ReadonlySet<string>,
): void {
  for (const event of events)
    for (const definition of index.definitionsFor(event.name)) {
      if (except?.has(definition.key)) continue;
      const standing = document.aggregates[definition.key];
      const state = standing ?? emptyState();
      if (applyEvent(state, definition, event, now) && !standing) document.aggregates[definition.key] = state;
    }
}

/** Of segments that the document knows it has the truth, also before the audience is told of it; of newer ones the last build. */
function membershipsIn(
  { memberships: standing, knownThrough = Number.NEGATIVE_INFINITY }: ProfileChange['document'],
  members: ReadonlyMap<string, { since: number }> | undefined,
  index: RuleIndex,
): ProfileChange['document']['memberships'] {
  const memberships: ProfileChange['document']['memberships'] = {};
  for (const { id, version, liveSince } of index.segments()) {
    const known = standing[id];
    const built = members?.get(id);
    if (liveSince <= knownThrough) {
      if (known) memberships[id] = known;
    } else if (built) memberships[id] = { version, member: true, since: built.since };
  }
  return memberships;
}

function evaluate({ change, segments }: Look, now: number, memberships: MembershipChange[]): void {
  const { document } = change;
  for (const { id, version, rule, liveSince } of segments) {
    const standing = document.memberships[id];
    const before = standing?.member ?? false;
    const after = rule.evaluate(document, now);
    if (before === after) continue;
    // After the differences of the build, which are told a page at a time and may be read later than this; and after what this
    // profile's writer told before on another machine, whose clock may be ahead.
    const at = Math.max(now, liveSince + 1, before && standing ? standing.since + 1 : 0);
    if (after) document.memberships[id] = { version, member: true, since: at };
    else delete document.memberships[id];
    memberships.push({ segmentId: id, profileId: document.id, change: after ? 'entered' : 'exited', at });
  }
}

/** The document knows its next instant; instants of segments that were not asked now are in it already. */
function schedule({ change, segments }: Look, now: number, due: Due[]): void {
  const { document, everything } = change;
  let next =
    !everything && document.nextDueAt !== undefined && document.nextDueAt > now ? document.nextDueAt : undefined;
  for (const { rule } of segments) {
    const at = rule.nextChange(document, now);
    if (at !== undefined && (next === undefined || at < next)) next = at;
  }
  // A tick took its instant out of the index: it is put back where the clock went back since, and it is still to come.
  if (next === document.nextDueAt && !(everything && next !== undefined)) return;
  if (next === undefined) delete document.nextDueAt;
  else {
    document.nextDueAt = next;
    due.push({ tenantId: document.tenantId, profileId: document.id, at: next });
  }
}

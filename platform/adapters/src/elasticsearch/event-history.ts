import type { HistoryQuery, StoredEvent } from '@cdp/core/profile';
import { keywordOf, routingOf } from './document-id.js';
import type { Elastic } from './elastic.js';
import { type EventSource, isProfileId, storedEvent } from './event-document.js';
import { search } from './search.js';

const PROFILES_AT_ONCE = 1_000;
const PAGE = 2_000;

/** What is asked of one profile: from when on, by name. */
type Asked = Map<string, number>;

/** The events that the queries ask for, oldest first within a profile, read in pages over many profiles. */
export async function readHistory(
  elastic: Elastic,
  index: string,
  tenantId: string,
  queries: readonly HistoryQuery[],
): Promise<Map<string, StoredEvent[]>> {
  const histories = new Map<string, StoredEvent[]>();
  const asked = [...askedOf(queries)].sort(alike);
  for (let from = 0; from < asked.length; from += PROFILES_AT_ONCE)
    await readPart(elastic, index, tenantId, new Map(asked.slice(from, from + PROFILES_AT_ONCE)), histories);
  return histories;
}

function askedOf(queries: readonly HistoryQuery[]): Map<string, Asked> {
  const asked = new Map<string, Asked>();
  for (const { profileId, eventNames, since } of queries) {
    if (!isProfileId(profileId) || eventNames.length === 0) continue;
    const names: Asked = asked.get(profileId) ?? new Map();
    for (const name of eventNames) names.set(name, Math.min(since, names.get(name) ?? since));
    asked.set(profileId, names);
  }
  return asked;
}

/** Profiles of which the like is asked go into one search, so that it finds little that nobody asked for. */
function alike([, one]: [string, Asked], [, other]: [string, Asked]): number {
  return earliest(one) - earliest(other) || one.size - other.size;
}

/** Finite, so that differences of it are. */
const earliest = (asked: Asked): number => Math.max(Math.min(...asked.values()), Number.MIN_SAFE_INTEGER);

async function readPart(
  elastic: Elastic,
  index: string,
  tenantId: string,
  asked: ReadonlyMap<string, Asked>,
  histories: Map<string, StoredEvent[]>,
): Promise<void> {
  const names = new Set([...asked.values()].flatMap((one) => [...one.keys()].map(keywordOf)));
  const since = Math.min(...[...asked.values()].map(earliest));
  const query = {
    bool: {
      filter: [
        { term: { tenantId } },
        { terms: { profileId: [...asked.keys()] } },
        { terms: { name: [...names] } },
        ...(since > Number.MIN_SAFE_INTEGER ? [{ range: { timestamp: { gte: since } } }] : []),
      ],
    },
  };
  let after: unknown;
  for (;;) {
    const { hits } = await search<EventSource>(elastic, {
      index,
      routing: routingOf(tenantId),
      body: {
        query,
        sort: [{ timestamp: 'asc' }, { messageId: 'asc' }],
        size: PAGE,
        ...(after !== undefined && { search_after: after }),
      },
    });
    for (const { _source } of hits.hits) {
      const event = storedEvent(_source as EventSource);
      const from = asked.get(event.profileId)?.get(event.name);
      if (from === undefined || event.timestamp < from) continue;
      const events = histories.get(event.profileId);
      if (events) events.push(event);
      else histories.set(event.profileId, [event]);
    }
    if (hits.hits.length < PAGE) return;
    after = hits.hits[hits.hits.length - 1]?.sort;
  }
}

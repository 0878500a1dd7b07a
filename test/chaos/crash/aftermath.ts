import { join } from 'node:path';
import { openDuckdb } from '@cdp/adapters/embedded';
import { openSqlite, SqlIdentityStore } from '@cdp/adapters/sql';
import type { Identifier, IdentityStore } from '@cdp/core/identity';
import type { EventStore, StoredEvent } from '@cdp/core/profile';
import { anonymousIdOf, DEVICES, emailOf, userIdOf } from './traffic.js';

/** What the stores hold of one person once everything is done. */
export interface Found {
  /** Different profiles that the person's identifiers lead to. */
  profiles: string[];
  /** The timelines of those profiles, with every repetition. */
  messageIds: string[];
}

const identifiersOf = (person: number): Identifier[] => [
  { type: 'userId', value: userIdOf(person) },
  { type: 'email', value: emailOf(person) },
  ...Array.from({ length: DEVICES }, (_, device) => ({ type: 'anonymousId', value: anonymousIdOf(person, device) })),
];

/** Opens the stores of a server that has stopped and looks at each person by their identifiers. */
export async function findPeople(dir: string, tenantId: string, people: Iterable<number>): Promise<Map<number, Found>> {
  const db = openSqlite({ file: join(dir, 'cdp.db') });
  const duckdb = await openDuckdb({ path: join(dir, 'analytics.duckdb') });
  try {
    return await lookFor({ identities: new SqlIdentityStore(db), events: duckdb.events }, tenantId, people);
  } finally {
    await duckdb.close();
    await db.close();
  }
}

/** Looks at each person by their identifiers. */
export async function lookFor(
  { identities, events }: { identities: IdentityStore; events: EventStore },
  tenantId: string,
  people: Iterable<number>,
): Promise<Map<number, Found>> {
  const found = new Map<number, Found>();
  for (const person of people) {
    const links = await identities.find(tenantId, identifiersOf(person));
    const profiles = [...new Set(links.map(({ profileId }) => profileId))];
    const messageIds: string[] = [];
    for (const profile of profiles)
      for await (const { messageId } of timelineOf(events, tenantId, profile)) messageIds.push(messageId);
    found.set(person, { profiles, messageIds });
  }
  return found;
}

/** How many events of these names, or of all, the stores hold of the tenant, those of nobody that is asked for among them. */
export async function countEvents(dir: string, tenantId: string, names?: readonly string[]): Promise<number> {
  const duckdb = await openDuckdb({ path: join(dir, 'analytics.duckdb') });
  try {
    const counts = await duckdb.events.countByName(tenantId, 1_000);
    return counts.reduce(
      (sum, { name, count }) => (names === undefined || names.includes(name) ? sum + count : sum),
      0,
    );
  } finally {
    await duckdb.close();
  }
}

async function* timelineOf(events: EventStore, tenantId: string, profile: string): AsyncGenerator<StoredEvent> {
  let cursor: string | undefined;
  do {
    const page = await events.timeline(tenantId, profile, { limit: 1_000, cursor });
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

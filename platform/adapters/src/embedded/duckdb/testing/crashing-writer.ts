import { openDuckdb } from '../open-duckdb.js';
import { documentOf, EVENTS_A_BATCH, eventOf, profileIdOf } from './crash-data.js';

/**
 * Run as a process of its own and killed: writes batch after batch as the consumer of a partition does, from where it
 * stands, and tells each position that was acknowledged.
 */
const stores = await openDuckdb({ path: process.argv[2] as string, habitsAt: 60, maxDocuments: 40 });
const events = (await stores.events.appliedPosition(0)) ?? 0;
const documents = (await stores.audience.projectedPosition(0)) ?? 0;
for (let next = Math.min(events, documents); ; next += EVENTS_A_BATCH) {
  const offsets = Array.from({ length: EVENTS_A_BATCH }, (_, index) => next + index);
  const position = { partition: 0, next: next + EVENTS_A_BATCH };
  await stores.events.append(new Map([['acme', offsets.map(eventOf)]]), position);
  await stores.audience.apply(
    'acme',
    offsets.map((offset) => ({
      segmentId: `s-${offset % 3}`,
      profileId: profileIdOf(offset),
      change: 'entered' as const,
      at: offset,
    })),
  );
  await stores.audience.project('acme', offsets.map(documentOf));
  stores.audience.reached(position);
  process.stdout.write(`${position.next}\n`);
}

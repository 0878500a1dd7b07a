import type { AdminClient } from '../../builders/admin-client.js';

export interface MadeSegment {
  id: string;
  name: string;
  rule: unknown;
}

export interface SegmentFinding {
  name: string;
  /** Ids of profiles, sorted: those kept live, and those that a computation over everything finds. */
  members: string[];
  fitting: string[];
}

/** Segments of every kind of condition that the traffic moves. */
export async function makeSegments(admin: AdminClient): Promise<MadeSegment[]> {
  const buyers = { event: 'Order Completed', count: { op: 'gte', value: 12 }, within: { last: '30d' } };
  const rules: Record<string, unknown> = {
    'has a score': { trait: 'score', op: 'exists' },
    'even score': { trait: 'score', op: 'gte', value: 2_000 },
    buyers,
    spenders: { event: 'Order Completed', sum: { property: 'price', op: 'gt', value: 600 } },
    'viewed much, bought little': {
      all: [
        { event: 'Product Viewed', count: { op: 'gte', value: 5 } },
        { not: { event: 'Order Completed', count: { op: 'gte', value: 18 } } },
      ],
    },
  };
  const made: MadeSegment[] = [];
  for (const [name, rule] of Object.entries(rules)) made.push({ ...(await admin.segment(name, rule)), name, rule });
  const id = made.find(({ name }) => name === 'buyers')?.id;
  const nested = { all: [{ segment: id }, { trait: 'email', op: 'exists' }] };
  made.push({ ...(await admin.segment('buyers by mail', nested)), name: 'buyers by mail', rule: nested });
  return made;
}

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

async function all<T>(next: (cursor: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await next(cursor);
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

export async function compareSegments(admin: AdminClient, segments: readonly MadeSegment[]): Promise<SegmentFinding[]> {
  const findings: SegmentFinding[] = [];
  for (const { id, name, rule } of segments) {
    const members = await all<{ profileId: string }>((cursor) =>
      admin.get(`/segments/${id}/members?limit=1000${cursor === undefined ? '' : `&cursor=${cursor}`}`),
    );
    const fitting = await all<{ id: string }>((cursor) =>
      admin.post('/profiles/search', { rule, limit: 1_000, ...(cursor === undefined ? {} : { cursor }) }),
    );
    findings.push({
      name,
      members: members.map(({ profileId }) => profileId).sort(),
      fitting: fitting.map((profile) => profile.id).sort(),
    });
  }
  return findings;
}

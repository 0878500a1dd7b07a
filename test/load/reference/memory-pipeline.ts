/** An event as the stream brings it. */
interface Event {
  messageId: string;
  userId: string;
  event: string;
  properties: { price: number };
}

interface Person {
  id: number;
  counts: Map<string, number>;
  spent: number;
  segments: Set<number>;
  lastSeen: number;
}

/** The whole way as one loop over maps in memory: parse, dedupe, resolve, count, ask 50 rules, keep the event. */
export function runMemoryPipeline(bodies: readonly string[]): { events: number; memberships: number } {
  const seen = new Set<string>();
  const people = new Map<string, Person>();
  const timeline: { person: number; name: string; at: number; properties: object }[] = [];
  const rules = Array.from(
    { length: 50 },
    (_, index) => (person: Person) =>
      index % 2 ? person.spent > index * 20 : (person.counts.get('Product Viewed') ?? 0) >= 1 + (index % 10),
  );
  let memberships = 0;
  for (const body of bodies)
    for (const { messageId, userId, event, properties } of (JSON.parse(body) as { batch: Event[] }).batch) {
      if (seen.has(messageId)) continue;
      seen.add(messageId);
      let person = people.get(userId);
      if (!person) {
        person = { id: people.size, counts: new Map(), spent: 0, segments: new Set(), lastSeen: 0 };
        people.set(userId, person);
      }
      person.counts.set(event, (person.counts.get(event) ?? 0) + 1);
      person.spent += properties.price;
      person.lastSeen = timeline.length;
      for (let rule = 0; rule < rules.length; rule++) {
        const fits = rules[rule]?.(person) ?? false;
        if (fits === person.segments.has(rule)) continue;
        if (fits) person.segments.add(rule);
        else person.segments.delete(rule);
        memberships++;
      }
      timeline.push({ person: person.id, name: event, at: Date.now(), properties });
    }
  return { events: timeline.length, memberships };
}

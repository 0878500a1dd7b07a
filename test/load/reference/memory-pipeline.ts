import { closeSync, fdatasync, openSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';

const flush = promisify(fdatasync);

/** Events that share a flush: as many as the product's consumers take at once. */
const GROUP = 2_000;
const DAY_MS = 86_400_000;
const WINDOW_DAYS = 30;

/** An event as the stream brings it. */
interface Event {
  messageId: string;
  userId: string;
  event: string;
  properties: { price: number };
}

/** What a rule over the last thirty days needs: a sum for each day that had one, and the sum of them. */
class DaySums {
  readonly #days: number[] = [];
  readonly #sums: number[] = [];
  total = 0;

  add(value: number, day: number): void {
    while ((this.#days[0] ?? day) <= day - WINDOW_DAYS) {
      this.#days.shift();
      this.total -= this.#sums.shift() as number;
    }
    const last = this.#days.length - 1;
    if (this.#days[last] === day) this.#sums[last] = (this.#sums[last] as number) + value;
    else {
      this.#days.push(day);
      this.#sums.push(value);
    }
    this.total += value;
  }
}

interface Person {
  id: number;
  viewed: DaySums | undefined;
  spent: DaySums | undefined;
  segments: Set<number>;
  lastSeen: number;
}

/**
 * The whole way as one loop over maps in memory, on one thread: parse, append to a file that is flushed before its events go
 * on, dedupe, resolve, count by day, ask the rules that the event can touch, keep the event for the timeline. It keeps
 * nothing but the log on the disk, knows no tenants, no merges, no late events and no restart.
 */
export class MemoryPipeline {
  readonly #log: number;
  readonly #seen = new Set<string>();
  readonly #people = new Map<string, Person>();
  readonly #timeline: { person: number; name: string; at: number; properties: object }[] = [];
  memberships = 0;

  constructor(path: string) {
    this.#log = openSync(path, 'w');
  }

  get events(): number {
    return this.#timeline.length;
  }

  /** Bodies of batch calls; resolves when all their events are through. */
  async take(bodies: readonly string[]): Promise<void> {
    let group: Event[] = [];
    for (const body of bodies) {
      writeSync(this.#log, body);
      group.push(...(JSON.parse(body) as { batch: Event[] }).batch);
      if (group.length < GROUP) continue;
      await flush(this.#log);
      this.#process(group);
      group = [];
    }
    await flush(this.#log);
    this.#process(group);
  }

  close(): void {
    closeSync(this.#log);
  }

  #process(events: readonly Event[]): void {
    const now = Date.now();
    const day = Math.floor(now / DAY_MS);
    for (const { messageId, userId, event, properties } of events) {
      if (this.#seen.has(messageId)) continue;
      this.#seen.add(messageId);
      let person = this.#people.get(userId);
      if (!person) {
        const id = this.#people.size;
        person = { id, viewed: undefined, spent: undefined, segments: new Set(), lastSeen: now };
        this.#people.set(userId, person);
      }
      person.lastSeen = now;
      if (event === 'Product Viewed') {
        person.viewed ??= new DaySums();
        person.viewed.add(1, day);
        for (let rule = 0; rule < 50; rule += 2) this.#answer(person, rule, person.viewed.total >= 1 + (rule % 10));
      } else if (event === 'Order Completed') {
        person.spent ??= new DaySums();
        person.spent.add(properties.price, day);
        for (let rule = 1; rule < 50; rule += 2) this.#answer(person, rule, person.spent.total > rule * 20);
      }
      this.#timeline.push({ person: person.id, name: event, at: now, properties });
    }
  }

  #answer(person: Person, rule: number, member: boolean): void {
    if (member === person.segments.has(rule)) return;
    if (member) person.segments.add(rule);
    else person.segments.delete(rule);
    this.memberships++;
  }
}

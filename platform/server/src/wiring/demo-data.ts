import { CdpError, type JsonObject } from '@cdp/core/kernel';
import type { Demo } from './demo.js';
import type { Platform } from './platform.js';

const PEOPLE = 120;
const DAYS = 60;
const DAY_MS = 86_400_000;
const BATCH = 500;

const FIRST_NAMES = ['Ada', 'Bela', 'Cleo', 'Dara', 'Edda', 'Finn', 'Gina', 'Hugo', 'Ines', 'Jona', 'Kira', 'Leon'];
const CITIES = ['Berlin', 'Lisbon', 'Oslo', 'Turin', 'Vienna'];
const PRODUCTS = [
  ['Lamp', 42],
  ['Chair', 120],
  ['Desk', 310],
  ['Vase', 25],
  ['Rug', 180],
] as const;

const SEGMENTS: { name: string; rule: JsonObject }[] = [
  { name: 'Bought at least twice', rule: { event: 'Order Completed', count: { op: 'gte', value: 2 } } },
  {
    name: 'Looked in the last 14 days but never bought',
    rule: {
      all: [
        { event: 'Product Viewed', within: { last: '14d' } },
        { event: 'Order Completed', count: { op: 'eq', value: 0 } },
      ],
    },
  },
  {
    name: 'Berlin, pro plan',
    rule: {
      all: [
        { trait: 'city', op: 'eq', value: 'Berlin' },
        { trait: 'plan', op: 'eq', value: 'pro' },
      ],
    },
  },
];

const AGGREGATES: JsonObject[] = [
  { name: 'spent_30d', event: 'Order Completed', measure: 'sum', property: 'total', within: { last: '30d' } },
  { name: 'last_order', event: 'Order Completed', measure: 'last' },
];

/**
 * Gives the demo tenant something to look at: a small shop's people and two months of what they did, segments, aggregates, a mail
 * channel into the local inbox and a template. May be begun again after a crash: ids and names are the same each time.
 */
export async function fillDemo(platform: Platform, { tenantId, server }: Demo): Promise<void> {
  const app = platform.tenancy.directory.find(server.appKey);
  if (!app) throw new Error('The demo app is not known.');
  const batch = calls(platform.clock.now());
  for (let from = 0; from < batch.length; from += BATCH)
    await platform.ingest.acceptBatch({ tenantId, id: app.appId }, { batch: batch.slice(from, from + BATCH) }, {});
  const { segments, aggregates } = platform.pipeline;
  for (const aggregate of AGGREGATES) await once(aggregates.create(tenantId, aggregate));
  for (const segment of SEGMENTS) await once(segments.create(tenantId, segment));
  const { channels, templates } = platform.messaging;
  if ((await channels.list(tenantId, { limit: 1 })).items.length > 0) return;
  await channels.create(tenantId, {
    channel: 'email',
    name: 'Local inbox',
    config: { provider: 'local', from: 'Demo shop <shop@example.com>' },
  });
  await templates.create(tenantId, {
    channel: 'email',
    name: 'Something new',
    content: {
      subject: '{{ profile.traits.firstName }}, there is something new',
      html: '<h1>Hello {{ profile.traits.firstName }}</h1><p><a href="https://shop.example/new">Have a look</a></p><p><a href="{{ links.unsubscribe }}">No more of these</a></p>',
    },
  });
}

/** One that is there already is left as it is. */
async function once(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof CdpError && error.code === 'conflict')) throw error;
  }
}

/** The same people every time, and what they did in the days before `now`. */
function calls(now: number): JsonObject[] {
  const random = generator(7);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const made: JsonObject[] = [];
  for (let person = 1; person <= PEOPLE; person++) {
    const userId = `customer-${person}`;
    const say = (ago: number, call: JsonObject): void => {
      const timestamp = new Date(now - ago * DAY_MS).toISOString();
      made.push({ userId, messageId: `demo-${made.length}`, timestamp, ...call });
    };
    const joined = 1 + random() * (DAYS - 1);
    const firstName = pick(FIRST_NAMES);
    const traits = {
      firstName,
      email: `${userId}@example.com`,
      city: pick(CITIES),
      plan: pick(['free', 'free', 'pro']),
    };
    say(joined, { type: 'identify', traits });
    const visits = Math.floor(random() * 12);
    for (let visit = 0; visit < visits; visit++) {
      const ago = random() * joined;
      const [name, price] = pick(PRODUCTS);
      say(ago, { type: 'track', event: 'Product Viewed', properties: { name, price } });
      if (random() < 0.3)
        say(ago * 0.999, {
          type: 'track',
          event: 'Order Completed',
          properties: { name, total: price, currency: 'EUR' },
        });
    }
  }
  return made;
}

/** Mulberry32: small, and the same numbers everywhere. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

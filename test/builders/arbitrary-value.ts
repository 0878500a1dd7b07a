import type { Json } from '@cdp/core/kernel';
import fc from 'fast-check';

// All draws come from small pools, so that conditions and data meet: equal values, times on the edges of windows, texts
// that differ in case alone, the same name holding other types.

export const DAY = 86_400_000;
export const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/Sao_Paulo',
  'Asia/Kathmandu',
  'America/Los_Angeles',
  'Pacific/Apia',
];
export const NOWS = [
  Date.parse('2026-03-29T01:00:00.000Z'), // clocks go forward in Berlin
  Date.parse('2026-10-25T00:30:00.000Z'), // and back
  Date.parse('2018-11-04T03:00:00.000Z'), // midnight is left out in Sao Paulo
  Date.parse('2024-02-29T23:59:59.999Z'),
  Date.parse('2026-02-28T12:00:00.000Z'),
  Date.parse('2026-11-24T06:00:00.123Z'),
];
export const DURATIONS = ['0d', '1ms', '90s', '1h', '1d', '7d', '30d', '60d'];
export const DURATION_MS = [0, 1, 90_000, 3_600_000, DAY, 7 * DAY, 30 * DAY, 60 * DAY];
export const TEXTS = [
  'a',
  'A',
  'gold',
  'GOLD',
  'straße',
  'STRASSE',
  'ıstanbul',
  'İstanbul',
  'ſs',
  'ΟΔΟΣ',
  'οδος',
  'K',
  '5',
  '',
  '𐐀',
  '𐐨x',
];
export const PARTS = ['a', 'OL', 'ß', 'ẞ', 'ss', 'Σ', 'ς', 'k', 'i', 'I', 'ı', '5', '𐐨', 'straß'];
export const NUMBERS = [0, 1, 2, 5, -1, 0.1, 0.2, 0.3, 1e15, -1e16, 2.5, 1e-7, 5e-7, 9007199254740992, 42];
export const TRAITS = [
  'plan',
  'age',
  'tags',
  'address',
  'address.city',
  'orders.sku',
  'orders.tags',
  'joined',
  'nothing',
];
export const PROPERTIES = ['price', 'kind', 'items', 'items.price', 'items.tags', 'when', 'deep.er.still'];
export const EVENTS = ['Bought', 'Viewed', 'bought', 'Message Opened'];
export const CHANNELS = ['email', 'sms'];

export const times = (now: number): fc.Arbitrary<number> =>
  fc
    .tuple(fc.constantFrom(...DURATION_MS, -DAY, 365 * DAY, 366 * DAY), fc.constantFrom(-1, 0, 1, 3_600_000, 12_345))
    .map(([ago, shift]) => now - ago + shift);

export const asText = (ms: number, form: number): string => {
  const text = new Date(ms).toISOString();
  if (form === 0) return text;
  if (form === 1) return text.slice(0, 10);
  if (form === 2) return `${new Date(ms + 5 * 3_600_000 + 30 * 60_000).toISOString().slice(0, -1)}999+05:30`;
  if (form === 3) return `${new Date(ms - 8 * 3_600_000).toISOString().slice(0, 19)}-08:00`;
  return form === 4 ? text.toLowerCase() : text.replace('T', ' ');
};

export const timeTexts = (now: number): fc.Arbitrary<string> =>
  fc.tuple(times(now), fc.integer({ min: 0, max: 4 })).map(([ms, form]) => asText(ms, form));

export const dateTexts = (now: number): fc.Arbitrary<string> => times(now).map((ms) => asText(ms, 1));

export const scalars = (now: number): fc.Arbitrary<string | number | boolean> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...TEXTS) },
    { weight: 3, arbitrary: fc.constantFrom(...NUMBERS) },
    { weight: 1, arbitrary: fc.boolean() },
    { weight: 1, arbitrary: times(now) },
    { weight: 1, arbitrary: timeTexts(now) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('2026-02-29', '2026-13-01T00:00:00Z', '2024-02-29', '2026-03-29T02:30:00', '23:59'),
    },
    { weight: 1, arbitrary: times(now).map((ms) => asText(ms, 5)) },
  );

/** Any JSON a trait or property may hold: mostly scalars, lists of them, lists in lists, objects on the paths asked for. */
export function values(now: number): fc.Arbitrary<Json> {
  const scalar = scalars(now);
  const leaf: fc.Arbitrary<Json> = fc.oneof(
    { weight: 6, arbitrary: scalar },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 2, arbitrary: fc.array(fc.oneof({ weight: 5, arbitrary: scalar }, fc.constant(null)), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.array(fc.array(scalar, { maxLength: 2 }), { maxLength: 2 }) },
  );
  const object = fc.dictionary(fc.constantFrom('city', 'sku', 'tags', 'price', 'er', 'still'), leaf, {
    maxKeys: 3,
    noNullPrototype: true,
  });
  return fc.oneof(
    { weight: 6, arbitrary: leaf },
    { weight: 2, arbitrary: object as fc.Arbitrary<Json> },
    {
      weight: 2,
      arbitrary: fc.array(fc.oneof(object as fc.Arbitrary<Json>, leaf), { maxLength: 3 }) as fc.Arbitrary<Json>,
    },
    { weight: 1, arbitrary: fc.record({ er: object }) as fc.Arbitrary<Json> },
  );
}

export const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

export const present = (object: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

import type { Json, JsonObject } from '@cdp/core/kernel';
import type { MeasureKind, NamedAggregate, PropertyRule, Rule, RuleContext, Window } from '@cdp/core/segment';
import type { Person, PersonEvent } from '../builders/person.js';

/**
 * The rule language read aloud: no indexes, no aggregates, nothing prepared, nothing shared with the product but its
 * types. Slow on purpose. Whatever answers otherwise is wrong.
 */
export function referenceAnswer(rule: Rule, person: Person, context: RuleContext): boolean {
  const ask = (inner: Rule): boolean => referenceAnswer(inner, person, context);
  if ('all' in rule) return rule.all.every(ask);
  if ('any' in rule) return rule.any.some(ask);
  if ('not' in rule) return !ask(rule.not);
  if ('trait' in rule) return holds(leavesAt(person.traits, rule.trait), rule.op, rule.value, context);
  if ('segment' in rule) return ask(context.segments.get(rule.segment) as Rule);
  if ('device' in rule) return person.devices.some((platform) => platform === rule.device.platform);
  if ('consent' in rule)
    return person.consents.some(
      ({ channel, purpose, status }) =>
        channel === rule.consent.channel && purpose === rule.consent.purpose && status === rule.consent.status,
    );
  if ('message' in rule) {
    const { campaign, channel, event } = rule.message;
    return person.events.some(
      ({ type, name, timestamp, properties }) =>
        type === 'message' &&
        name === `Message ${event.slice(0, 1).toUpperCase()}${event.slice(1)}` &&
        inWindow(timestamp, rule.within, context.now) &&
        (campaign === undefined || properties.campaignId === campaign) &&
        (channel === undefined || properties.channel === channel) &&
        !((event === 'opened' || event === 'clicked') && properties.machine === true),
    );
  }
  if ('aggregate' in rule) {
    const named = context.aggregates.get(rule.aggregate) as NamedAggregate;
    const events = countedEvents(person, named, context);
    if (named.measure !== 'first' && named.measure !== 'last')
      return measure(events, named.measure, named.property, rule.op, rule.value);
    const times = events.map(({ timestamp }) => timestamp).sort((a, b) => a - b);
    const moment = named.measure === 'first' ? times[0] : times.at(-1);
    return holds(moment === undefined ? [] : [{ value: moment, fromList: false }], rule.op, rule.value, context);
  }
  const events = countedEvents(person, rule, context);
  if (rule.count) return measure(events, 'count', undefined, rule.count.op, rule.count.value);
  for (const kind of ['sum', 'min', 'max', 'avg', 'unique'] as const) {
    const asked = rule[kind];
    if (asked) return measure(events, kind, asked.property, asked.op, asked.value);
  }
  return events.length >= 1;
}

function countedEvents(
  person: Person,
  asked: { event: string; where?: PropertyRule; within?: Window },
  context: RuleContext,
): PersonEvent[] {
  return person.events.filter(
    (event) =>
      event.name === asked.event &&
      inWindow(event.timestamp, asked.within, context.now) &&
      (asked.where === undefined || passes(asked.where, event.properties, context)),
  );
}

function passes(rule: PropertyRule, properties: JsonObject, context: RuleContext): boolean {
  if ('all' in rule) return rule.all.every((inner) => passes(inner, properties, context));
  if ('any' in rule) return rule.any.some((inner) => passes(inner, properties, context));
  if ('not' in rule) return !passes(rule.not, properties, context);
  return holds(leavesAt(properties, rule.property), rule.op, rule.value, context);
}

const UNITS: Record<string, number> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };
const duration = (text: string): number => Number.parseInt(text, 10) * (UNITS[text.replace(/\d+/, '')] as number);

function inWindow(timestamp: number, window: Window | undefined, now: number): boolean {
  if (window === undefined) return true;
  if ('last' in window) return timestamp >= now - duration(window.last) && timestamp < now;
  if ('between' in window)
    return timestamp >= now - duration(window.between[0]) && timestamp < now - duration(window.between[1]);
  return (
    (window.from === undefined || timestamp >= (instant(window.from) as number)) &&
    (window.to === undefined || timestamp < (instant(window.to) as number))
  );
}

interface Leaf {
  value: string | number | boolean | JsonObject;
  fromList: boolean;
}

const flat = (value: Json): Json[] => (Array.isArray(value) ? value.flatMap(flat) : [value]);

function leavesAt(root: JsonObject, path: string): Leaf[] {
  let reached: Json[] = [root];
  for (const key of path.split('.'))
    reached = reached
      .flatMap((value) => flat(value))
      .flatMap((value) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key)
          ? [(value as JsonObject)[key] as Json]
          : [],
      );
  return reached
    .flatMap((value) => flat(value).map((one) => ({ value: one, fromList: Array.isArray(value) })))
    .filter((leaf): leaf is Leaf => leaf.value !== null);
}

function holds(leaves: Leaf[], op: string, value: Json | undefined, context: RuleContext): boolean {
  switch (op) {
    case 'missing':
      return leaves.length === 0;
    case 'neq':
      return !holds(leaves, 'eq', value, context);
    case 'nin':
      return !holds(leaves, 'in', value, context);
    case 'notWithinLast':
      return leaves.some((leaf) => instant(leaf.value) !== undefined) && !holds(leaves, 'withinLast', value, context);
    default:
      return leaves.some((leaf) => satisfies(leaf, op, value as Json, context));
  }
}

function satisfies({ value, fromList }: Leaf, op: string, asked: Json, context: RuleContext): boolean {
  const { now, timeZone } = context;
  switch (op) {
    case 'exists':
      return true;
    case 'eq':
      return value === asked;
    case 'in':
      return (asked as Json[]).some((one) => value === one);
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      if (typeof asked === 'number') return typeof value === 'number' && inOrder(value, op, asked);
      return typeof value === 'string' && inOrder(instant(value), op, instant(asked) as number);
    case 'between': {
      const [low, high] = asked as [Json, Json];
      return (
        satisfies({ value, fromList }, 'gte', low, context) && satisfies({ value, fromList }, 'lte', high, context)
      );
    }
    case 'contains':
      if (fromList) return value === asked;
      return looksLike(value, asked, '', '');
    case 'startsWith':
      return looksLike(value, asked, '^', '');
    case 'endsWith':
      return looksLike(value, asked, '', '$');
    case 'before':
      return inOrder(instant(value), 'lt', instant(asked) as number);
    case 'after':
      return inOrder(instant(value), 'gt', instant(asked) as number);
    case 'withinLast':
      return inWindow(instant(value) ?? Number.NaN, { last: asked as string }, now);
    case 'onDay':
      return dayOf(value, timeZone) === asked;
    case 'anniversary': {
      const today = dayOf(now, timeZone) as string;
      const day = dayOf(value, timeZone);
      if (day === undefined || day.slice(0, 4) >= today.slice(0, 4)) return false;
      const thisYear = `${today.slice(0, 4)}${day.slice(4)}`;
      const exists = new Date(`${thisYear}T00:00:00Z`).toISOString().startsWith(thisYear);
      return today === (exists ? thisYear : `${today.slice(0, 4)}-02-28`);
    }
    default:
      throw new Error(`no such operator: ${op}`);
  }
}

function inOrder(value: number | undefined, op: string, asked: number): boolean {
  if (value === undefined) return false;
  if (op === 'gt') return value > asked;
  if (op === 'gte') return value >= asked;
  return op === 'lt' ? value < asked : value <= asked;
}

function looksLike(value: Json, part: Json, before: string, after: string): boolean {
  if (typeof value !== 'string' || typeof part !== 'string') return false;
  return new RegExp(`${before}${part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}${after}`, 'iu').test(value);
}

/** Epoch milliseconds of RFC 3339 text or of a number that is such. */
function instant(value: Json): number | undefined {
  let ms = Number.NaN;
  if (typeof value === 'number') ms = Math.floor(value);
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$/i.test(value)) {
    const text = value.toUpperCase().replace(/(\.\d{3})\d+/, '$1');
    // Date.parse takes 30 February for 1 March, and hour 24.
    const day = text.slice(0, 10);
    const real = new Date(`${day}T00:00:00Z`);
    if (!Number.isNaN(real.getTime()) && real.toISOString().startsWith(day) && text.slice(11, 13) !== '24')
      ms = Date.parse(text);
  }
  return ms >= Date.parse('0000-01-01T00:00:00.000Z') && ms <= Date.parse('9999-12-31T23:59:59.999Z') ? ms : undefined;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatIn(timeZone: string): Intl.DateTimeFormat {
  const options = { calendar: 'iso8601', era: 'short', year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('en', { timeZone, ...options });
  formats.set(timeZone, format);
  return format;
}

/** `YYYY-MM-DD` of a date, or of a time in the zone. */
function dayOf(value: Json, timeZone: string): string | undefined {
  const ms = instant(value);
  if (ms === undefined) return undefined;
  if (typeof value === 'string' && value.length === 10) return value;
  const parts = formatIn(timeZone).formatToParts(ms);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
}

/** What a profile shows of an aggregate. */
export function referenceFigure(named: NamedAggregate, person: Person, context: RuleContext): Json {
  const events = countedEvents(person, named, context);
  const times = events.map(({ timestamp }) => timestamp);
  const values = named.property === undefined ? [] : measuredValues(events, named.property);
  const numbers = values.filter((value): value is number => typeof value === 'number');
  const summed = numbers.filter((number) => Math.abs(number) <= 1e15).map(micro);
  const sum = Number(summed.reduce((total, one) => total + one, 0n)) / 1e6;
  const any = numbers.length > 0;
  switch (named.measure) {
    case 'count':
      return events.length;
    case 'first':
      return events.length === 0 ? null : new Date(Math.min(...times)).toISOString();
    case 'last':
      return events.length === 0 ? null : new Date(Math.max(...times)).toISOString();
    case 'unique':
      return new Set(values).size;
    case 'min':
      return any ? Math.min(...numbers) : null;
    case 'max':
      return any ? Math.max(...numbers) : null;
    case 'sum':
      return sum;
    case 'avg':
      return summed.length === 0 ? null : sum / summed.length;
  }
}

const measuredValues = (events: PersonEvent[], property: string | undefined) =>
  events
    .flatMap((event) => leavesAt(event.properties, property as string))
    .map((leaf) => leaf.value)
    .filter((value) => typeof value !== 'object');

function measure(
  events: PersonEvent[],
  kind: MeasureKind,
  property: string | undefined,
  op: string,
  asked: Json | undefined,
): boolean {
  if (kind === 'count') return compare(BigInt(events.length), op, asked, micro, 1_000_000n);
  const values = measuredValues(events, property);
  if (kind === 'unique') return compare(BigInt(new Set(values).size), op, asked, micro, 1_000_000n);
  const numbers = values.filter((value): value is number => typeof value === 'number');
  if (kind === 'min' || kind === 'max') {
    if (numbers.length === 0) return withoutFigure(op);
    const figure = kind === 'min' ? Math.min(...numbers) : Math.max(...numbers);
    return compareNumbers(figure, op, asked);
  }
  const summed = numbers.filter((number) => Math.abs(number) <= 1e15);
  const sum = summed.map(micro).reduce((total, one) => total + one, 0n);
  if (kind === 'sum') return compare(sum, op, asked, micro, 1n);
  if (summed.length === 0) return withoutFigure(op);
  return compare(sum, op, asked, (value) => micro(value) * BigInt(summed.length), 1n);
}

const withoutFigure = (op: string): boolean => op === 'missing' || op === 'neq' || op === 'nin';

/** Millionths, halves away from zero. */
function micro(value: number): bigint {
  const scaled = Math.abs(value * 1e6);
  const whole = Math.trunc(scaled);
  const rounded = BigInt(whole) + (scaled - whole >= 0.5 ? 1n : 0n);
  return value < 0 ? -rounded : rounded;
}

function compare(
  figure: bigint,
  op: string,
  asked: Json | undefined,
  scaled: (v: number) => bigint,
  unit: bigint,
): boolean {
  const value = figure * unit;
  const one = (json: Json | undefined): bigint => scaled(json as number);
  switch (op) {
    case 'exists':
      return true;
    case 'missing':
      return false;
    case 'eq':
      return value === one(asked);
    case 'neq':
      return value !== one(asked);
    case 'gt':
      return value > one(asked);
    case 'gte':
      return value >= one(asked);
    case 'lt':
      return value < one(asked);
    case 'lte':
      return value <= one(asked);
    case 'between':
      return value >= one((asked as Json[])[0]) && value <= one((asked as Json[])[1]);
    case 'in':
      return (asked as Json[]).some((json) => value === one(json));
    default:
      return !(asked as Json[]).some((json) => value === one(json));
  }
}

function compareNumbers(figure: number, op: string, asked: Json | undefined): boolean {
  if (op === 'exists') return true;
  if (op === 'missing') return false;
  if (op === 'eq' || op === 'neq') return (figure === asked) === (op === 'eq');
  if (op === 'in' || op === 'nin') return (asked as Json[]).includes(figure) === (op === 'in');
  if (op === 'between') {
    const [low, high] = asked as [number, number];
    return figure >= low && figure <= high;
  }
  return inOrder(figure, op, asked as number);
}

import type { Json, JsonObject } from '@cdp/core/kernel';
import {
  MESSAGE_EVENTS,
  type MessageOutcome,
  type NamedAggregate,
  type PropertyRule,
  parseTime,
  type Rule,
  type RuleContext,
  type Window,
} from '@cdp/core/segment';
import fc from 'fast-check';
import {
  CHANNELS,
  DAY,
  DURATIONS,
  dateTexts,
  EVENTS,
  NOWS,
  NUMBERS,
  optional,
  PARTS,
  PROPERTIES,
  present,
  scalars,
  TEXTS,
  TRAITS,
  times,
  timeTexts,
  values,
  ZONES,
} from './arbitrary-value.js';
import type { Person, PersonEvent } from './person.js';

/** A rule, what its names stand for, when and where it is asked, and people to ask it of. */
export interface RuleScenario {
  rule: Rule;
  /** Asks one of the aggregates and nothing else. */
  asked: Rule;
  context: RuleContext;
  people: Person[];
}

type Question = { op: string; value?: Json };

const inOrder = (pair: Json[]): Json[] =>
  pair.toSorted((a, b) =>
    typeof a === 'string'
      ? (parseTime(a) as number) - (parseTime(b as string) as number)
      : (a as number) - (b as number),
  );

const comparisons = (bounds: fc.Arbitrary<number> | fc.Arbitrary<string>): fc.Arbitrary<Question> => {
  const one = bounds as fc.Arbitrary<Json>;
  return fc.oneof(
    fc.record({ op: fc.constantFrom('gt', 'gte', 'lt', 'lte'), value: one }),
    fc.tuple(one, one).map((pair) => ({ op: 'between', value: inOrder(pair) })),
  );
};

/** Operators with values that they take. Those that move with the clock are left out of filters over events. */
function questions(now: number, moving: boolean): fc.Arbitrary<Question> {
  const scalar: fc.Arbitrary<Json> = scalars(now);
  const drawn: fc.Arbitrary<Question>[] = [
    fc.record({ op: fc.constantFrom('eq', 'neq'), value: scalar }),
    fc.record({ op: fc.constantFrom('in', 'nin'), value: fc.array(scalar, { minLength: 1, maxLength: 4 }) }),
    comparisons(fc.constantFrom(...NUMBERS.filter((number) => Math.abs(number) <= 1e15))),
    comparisons(timeTexts(now)),
    fc.record({
      op: fc.constant('contains'),
      value: fc.oneof(fc.constantFrom(...PARTS, ...TEXTS.filter((text) => text !== '')), fc.constantFrom(1, 5, true)),
    }),
    fc.record({ op: fc.constantFrom('startsWith', 'endsWith'), value: fc.constantFrom(...PARTS) }),
    fc.record({ op: fc.constantFrom('exists', 'missing') }),
    fc.record({
      op: fc.constantFrom('before', 'after'),
      value: fc.oneof(times(now), timeTexts(now)) as fc.Arbitrary<Json>,
    }),
    fc.record({ op: fc.constant('onDay'), value: dateTexts(now) }),
  ];
  if (moving)
    drawn.push(
      fc.record({ op: fc.constantFrom('withinLast', 'notWithinLast'), value: fc.constantFrom(...DURATIONS.slice(1)) }),
      fc.record({ op: fc.constant('anniversary') }),
    );
  return fc.oneof(...drawn);
}

/** Of a trait that mostly holds a time. */
const timeQuestions = (now: number): fc.Arbitrary<Question> =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        op: fc.constantFrom('withinLast', 'notWithinLast'),
        value: fc.constantFrom(...DURATIONS.slice(1)),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ op: fc.constantFrom('before', 'after'), value: times(now) as fc.Arbitrary<Json> }),
    },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('onDay'), value: dateTexts(now) }) },
    { weight: 1, arbitrary: fc.constant({ op: 'anniversary' }) },
  );

function propertyRules(now: number): fc.Arbitrary<PropertyRule> {
  const condition = fc
    .tuple(fc.constantFrom(...PROPERTIES), questions(now, false))
    .map(([property, question]) => ({ property, ...question }) as PropertyRule);
  return fc.oneof(
    { weight: 4, arbitrary: condition },
    { weight: 1, arbitrary: fc.array(condition, { maxLength: 2 }).map((all) => ({ all })) },
    { weight: 1, arbitrary: fc.array(condition, { maxLength: 2 }).map((any) => ({ any })) },
    { weight: 1, arbitrary: condition.map((not) => ({ not })) },
  );
}

/** Those that stand still. */
function fixedWindows(now: number): fc.Arbitrary<Window> {
  return fc.oneof(
    timeTexts(now).map((from) => ({ from })),
    timeTexts(now).map((to) => ({ to })),
    times(now).chain((from) =>
      fc.integer({ min: 1000, max: 40 * DAY }).map((length) => ({
        from: new Date(from).toISOString(),
        to: new Date(from + length).toISOString(),
      })),
    ),
  );
}

function windows(now: number): fc.Arbitrary<Window> {
  const index = fc.integer({ min: 1, max: DURATIONS.length - 1 });
  return fc.oneof(
    { weight: 3, arbitrary: index.map((at) => ({ last: DURATIONS[at] as string })) },
    {
      weight: 2,
      arbitrary: fc.tuple(index, fc.nat()).map(([at, other]) => ({
        between: [DURATIONS[at] as string, DURATIONS[other % at] as string] as [string, string],
      })),
    },
    { weight: 3, arbitrary: fixedWindows(now) },
  );
}

const measureQuestion = (value: fc.Arbitrary<number>): fc.Arbitrary<Question> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ op: fc.constantFrom('eq', 'neq', 'gt', 'gte', 'lt', 'lte'), value }) },
    { weight: 1, arbitrary: fc.tuple(value, value).map((pair) => ({ op: 'between', value: inOrder(pair) })) },
    {
      weight: 1,
      arbitrary: fc.record({
        op: fc.constantFrom('in', 'nin'),
        value: fc.array(value, { minLength: 1, maxLength: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('exists', 'missing') }) },
  );

const figures = fc.constantFrom(0, 0.3, 0.6, 1, 2, 3, 5, 2.5, -1, 1e15, 0.000001, 42);
const counts = fc.integer({ min: 0, max: 5 });
const measured = fc.constantFrom('price', 'items', 'items.price', 'kind');

const measures: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.constant({}),
  measureQuestion(counts).map((count) => ({ count: count as JsonObject })),
  fc
    .tuple(fc.constantFrom('sum', 'avg', 'min', 'max'), measured, measureQuestion(figures))
    .map(([kind, property, question]) => ({ [kind]: { property, ...question } as JsonObject })),
  fc
    .tuple(measured, measureQuestion(counts))
    .map(([property, question]) => ({ unique: { property, ...question } as JsonObject })),
);

function eventConditions(now: number): fc.Arbitrary<Rule> {
  return fc
    .tuple(fc.constantFrom(...EVENTS), optional(propertyRules(now)), measures, optional(windows(now)))
    .map(
      ([event, where, measure, within]) => ({ ...present({ event, where, within }), ...measure }) as unknown as Rule,
    );
}

function messageConditions(now: number): fc.Arbitrary<Rule> {
  const outcomes = Object.keys(MESSAGE_EVENTS) as MessageOutcome[];
  return fc
    .tuple(
      optional(fc.constantFrom('c1', 'c2')),
      optional(fc.constantFrom(...CHANNELS)),
      fc.constantFrom('opened', 'clicked', ...outcomes),
      optional(windows(now)),
    )
    .map(
      ([campaign, channel, event, within]) =>
        present({ message: present({ campaign, channel, event }), within }) as unknown as Rule,
    );
}

export const AGGREGATES = ['howOften', 'howMuch', 'when'] as const;

/** What is asked of the figure of an aggregate. */
const figureQuestions = (now: number, aggregate: string): fc.Arbitrary<Question> =>
  aggregate === 'when'
    ? fc.oneof(timeQuestions(now), fc.record({ op: fc.constantFrom('exists', 'missing') }))
    : measureQuestion(counts);

const aggregateConditions = (now: number, aggregates: readonly string[]): fc.Arbitrary<Rule> =>
  fc
    .constantFrom(...aggregates)
    .chain((aggregate) => figureQuestions(now, aggregate).map((question) => ({ aggregate, ...question }) as Rule));

function conditions(now: number, segments: readonly string[], aggregates: readonly string[]): fc.Arbitrary<Rule> {
  const drawn: { weight: number; arbitrary: fc.Arbitrary<Rule> }[] = [
    {
      weight: 5,
      arbitrary: fc
        .tuple(fc.constantFrom(...TRAITS), questions(now, true))
        .map(([trait, question]) => ({ trait, ...question }) as Rule),
    },
    { weight: 2, arbitrary: timeQuestions(now).map((question) => ({ trait: 'joined', ...question }) as Rule) },
    { weight: 5, arbitrary: eventConditions(now) },
    { weight: 1, arbitrary: messageConditions(now) },
    { weight: 1, arbitrary: fc.constantFrom('ios', 'android', 'web').map((platform) => ({ device: { platform } })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          fc.constantFrom(...CHANNELS),
          optional(fc.constantFrom('news')),
          fc.constantFrom('granted', 'denied', 'pending'),
        )
        .map(([channel, purpose, status]) => ({ consent: present({ channel, purpose, status }) }) as unknown as Rule),
    },
  ];
  if (segments.length > 0)
    drawn.push({ weight: 1, arbitrary: fc.constantFrom(...segments).map((segment) => ({ segment })) });
  if (aggregates.length > 0)
    drawn.push({
      weight: 3,
      arbitrary: aggregateConditions(now, aggregates),
    });
  return fc.oneof(...drawn);
}

/** Rules of at most the given depth that name only the given segments and aggregates. */
export function rules(
  now: number,
  segments: readonly string[],
  aggregates: readonly string[],
  depth = 3,
): fc.Arbitrary<Rule> {
  const condition = conditions(now, segments, aggregates);
  if (depth === 0) return condition;
  const inner = rules(now, segments, aggregates, depth - 1);
  return fc.oneof(
    { weight: 4, arbitrary: condition },
    { weight: 1, arbitrary: fc.array(inner, { maxLength: 3 }).map((all) => ({ all })) },
    { weight: 1, arbitrary: fc.array(inner, { maxLength: 3 }).map((any) => ({ any })) },
    { weight: 1, arbitrary: inner.map((not) => ({ not })) },
  );
}

/** A count, another number and a time, by the names of `AGGREGATES`. */
export function namedAggregates(now: number): fc.Arbitrary<NamedAggregate[]> {
  const base = { event: fc.constantFrom(...EVENTS), where: optional(propertyRules(now)) };
  const within = optional(windows(now));
  const moment = fc.constantFrom('first', 'last');
  return fc
    .tuple(
      fc.record({ ...base, measure: fc.constant('count'), within }),
      fc.record({
        ...base,
        measure: fc.constantFrom('sum', 'avg', 'min', 'max', 'unique'),
        property: measured,
        within,
      }),
      fc.oneof(
        // Mostly of all events: of few, the first is the last.
        { weight: 3, arbitrary: fc.record({ event: base.event, measure: moment }) },
        { weight: 1, arbitrary: fc.record({ ...base, measure: moment, within: optional(fixedWindows(now)) }) },
      ),
    )
    .map((drawn) =>
      drawn.map((aggregate, index) => present({ name: AGGREGATES[index], ...aggregate }) as unknown as NamedAggregate),
    );
}

function personEvents(now: number): fc.Arbitrary<PersonEvent> {
  const properties = fc.dictionary(fc.constantFrom('price', 'kind', 'items', 'when', 'deep'), values(now), {
    maxKeys: 3,
    noNullPrototype: true,
  });
  const tracked = fc.record({
    type: fc.constant('track' as const),
    name: fc.constantFrom(...EVENTS),
    timestamp: times(now),
    properties: properties as fc.Arbitrary<JsonObject>,
  });
  const message = fc.record({
    type: fc.constantFrom('message' as const, 'message' as const, 'track' as const),
    name: fc.constantFrom('Message Opened', 'Message Clicked', ...Object.values(MESSAGE_EVENTS)),
    timestamp: times(now),
    properties: fc
      .record({
        campaignId: fc.constantFrom('c1', 'c2'),
        channel: fc.constantFrom(...CHANNELS),
        machine: optional(fc.constantFrom<Json>(true, false)),
      })
      .map((drawn) => present(drawn) as JsonObject),
  });
  return fc.oneof({ weight: 4, arbitrary: tracked }, { weight: 1, arbitrary: message });
}

export function people(now: number): fc.Arbitrary<Person> {
  return fc.record({
    traits: fc
      .tuple(
        fc.dictionary(fc.constantFrom('plan', 'age', 'tags', 'address', 'orders', 'joined'), values(now), {
          maxKeys: 6,
          noNullPrototype: true,
        }) as fc.Arbitrary<JsonObject>,
        fc.option(fc.oneof(times(now), timeTexts(now))),
      )
      .map(([traits, joined]) => (joined === null ? traits : { ...traits, joined })),
    devices: fc.array(fc.constantFrom('ios' as const, 'android' as const, 'web' as const), { maxLength: 2 }),
    consents: fc.uniqueArray(
      fc
        .record({
          channel: fc.constantFrom(...CHANNELS),
          purpose: optional(fc.constantFrom('news')),
          status: fc.constantFrom('granted' as const, 'denied' as const, 'pending' as const),
        })
        .map((drawn) => present(drawn) as unknown as Person['consents'][number]),
      { maxLength: 3, selector: (consent) => `${consent.channel} ${consent.purpose ?? ''}` },
    ),
    events: fc.array(personEvents(now), { maxLength: 8 }),
  });
}

/** Three layers of segments, so that nested ones nest again. */
export function scenarios(count = 3): fc.Arbitrary<RuleScenario> {
  return fc.tuple(fc.constantFrom(...NOWS), fc.constantFrom(...ZONES)).chain(([now, timeZone]) =>
    fc
      .tuple(
        namedAggregates(now),
        rules(now, [], [], 1),
        rules(now, ['inner'], AGGREGATES, 1),
        rules(now, ['inner', 'middle'], AGGREGATES),
        aggregateConditions(now, [...AGGREGATES, 'when']),
        fc.array(people(now), { minLength: count, maxLength: count }),
      )
      .map(([aggregates, inner, middle, rule, asked, drawn]) => ({
        rule,
        asked,
        context: {
          now,
          timeZone,
          segments: new Map([
            ['inner', inner],
            ['middle', middle],
          ]),
          aggregates: new Map(aggregates.map((aggregate) => [aggregate.name, aggregate])),
        },
        people: drawn,
      })),
  );
}

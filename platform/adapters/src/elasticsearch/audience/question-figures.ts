import type { Json } from '@cdp/core/kernel';
import { type AggregateState, addExact, microsOf, type NumberTally, SUMMED_UP_TO } from '@cdp/core/profile';
import { compileRule, figureTest, type MomentQuestion, type Rule } from '@cdp/core/segment';
import type { estypes } from '@elastic/elasticsearch';
import type { Bucket } from './audience-index.js';
import { measuredNumber } from './event-fields.js';
import type { Asking } from './operator-query.js';
import type { Question } from './rule-plan.js';
import { pathKey } from './value-term.js';

/** How the buckets of a question's events are asked for, and what they come to for a profile. */
export interface QuestionReader {
  /** The values that are measured: a bucket of a profile for each. */
  valueField?: string;
  aggregations?: Record<string, estypes.AggregationsAggregationContainer>;
  /** The answer for a profile from all its buckets; of none, for one without events. */
  answer(buckets: readonly Bucket[]): boolean;
}

export function questionReader(question: Question, asking: Asking): QuestionReader {
  if (question.kind === 'moment') return momentReader(question, asking);
  const test = figureTest(question);
  const answerOf = (state: AggregateState): boolean => test(state, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  const folded = { first: 0, last: 0, count: 0 };
  if (question.measure === 'count')
    return {
      answer: ([bucket]) => answerOf({ times: [], buckets: [{ ...folded, count: bucket?.doc_count ?? 0 }] }),
    };
  const valueField = `values.${pathKey((question.property ?? []).join('.'))}`;
  if (question.measure === 'unique')
    return {
      valueField,
      answer: (buckets) => answerOf({ times: [], buckets: [{ ...folded, unique: differentValues(buckets) }] }),
    };
  return {
    valueField,
    answer: (buckets) => {
      const numbers = tallyOf(buckets);
      return answerOf(numbers === undefined ? { times: [] } : { times: [], buckets: [{ ...folded, numbers }] });
    },
  };
}

/** The number of a moment is asked as the value of a trait is. */
function momentReader({ measure, op, value }: MomentQuestion, { now, timeZone }: Asking): QuestionReader {
  const rule = { trait: 'moment', op, ...(value === undefined ? {} : { value }) } as Rule;
  const compiled = compileRule(rule, { timeZone, segments: new Map(), aggregates: new Map() });
  const answer = (moment: Json): boolean =>
    compiled.evaluate({ traits: { moment: { value: moment, at: 0 } }, devices: [], consents: [], aggregates: {} }, now);
  return {
    aggregations: { moment: { [measure === 'first' ? 'min' : 'max']: { field: 'timestamp' } } },
    answer: ([bucket]) => answer((bucket?.moment as { value: number } | undefined)?.value ?? null),
  };
}

/** The same number is written otherwise where it was in one event several times. */
function differentValues(buckets: readonly Bucket[]): string[] {
  const values = buckets.map(({ key: { value = '' } }) => {
    const measured = measuredNumber(value);
    return measured === undefined ? value : `n${measured.number}`;
  });
  return [...new Set(values)];
}

/** Exactly: every number as often as it was sent. */
function tallyOf(buckets: readonly Bucket[]): NumberTally | undefined {
  let tally: NumberTally | undefined;
  for (const { key, doc_count: events } of buckets) {
    const measured = measuredNumber(key.value ?? '');
    if (measured === undefined) continue;
    const { number } = measured;
    tally ??= { summed: 0, sum: 0, min: number, max: number };
    tally.min = Math.min(tally.min, number);
    tally.max = Math.max(tally.max, number);
    if (Math.abs(number) > SUMMED_UP_TO) continue;
    const times = measured.times * events;
    tally.summed += times;
    tally.sum = addExact(tally.sum, product(microsOf(number), times));
  }
  return tally;
}

function product(number: number, times: number): number | string {
  const exact = number * times;
  return Number.isSafeInteger(exact) ? exact : (BigInt(number) * BigInt(times)).toString();
}

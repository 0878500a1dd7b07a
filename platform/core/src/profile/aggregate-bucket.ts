import { type AggregateBucket, type Measured, type NumberTally, UNIQUE_LIMIT } from './aggregate.js';
import { addExact, microsOf, SUMMED_UP_TO } from './exact-sum.js';

export function addNumber(tally: NumberTally | undefined, value: number): NumberTally {
  const summed = Math.abs(value) <= SUMMED_UP_TO;
  if (tally === undefined) return { summed: summed ? 1 : 0, sum: summed ? microsOf(value) : 0, min: value, max: value };
  if (summed) {
    tally.summed++;
    tally.sum = addExact(tally.sum, microsOf(value));
  }
  if (value < tally.min) tally.min = value;
  if (value > tally.max) tally.max = value;
  return tally;
}

/** The tally over the numbers of both. Changes `into`. */
export function addTally(into: NumberTally | undefined, more: NumberTally): NumberTally {
  if (into === undefined) return { ...more };
  into.summed += more.summed;
  into.sum = addExact(into.sum, more.sum);
  into.min = Math.min(into.min, more.min);
  into.max = Math.max(into.max, more.max);
  return into;
}

function addValues(bucket: AggregateBucket, values: Measured[] | undefined): void {
  if (values === undefined) return;
  for (const value of values) {
    if (typeof value === 'number') {
      bucket.numbers = addNumber(bucket.numbers, value);
      continue;
    }
    bucket.unique ??= [];
    if (bucket.unique.length < UNIQUE_LIMIT && !bucket.unique.includes(value)) bucket.unique.push(value);
  }
}

export function bucketOf(at: number, values: Measured[] | undefined): AggregateBucket {
  const bucket: AggregateBucket = { first: at, last: at, count: 1 };
  addValues(bucket, values);
  return bucket;
}

export function addToBucket(bucket: AggregateBucket, at: number, values: Measured[] | undefined): void {
  if (at < bucket.first) bucket.first = at;
  if (at > bucket.last) bucket.last = at;
  bucket.count++;
  addValues(bucket, values);
}

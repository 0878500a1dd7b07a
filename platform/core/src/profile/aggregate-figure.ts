import type { AggregateState, Measured, NumberTally } from './aggregate.js';
import { addNumber, addTally } from './aggregate-bucket.js';
import { firstFrom, valuesOfEntry } from './aggregate-state.js';

// The window is closed at its start and open at its end; a bucket is in it with the time of its last event.

export function countBetween(state: AggregateState, start: number, end: number): number {
  const { times, buckets } = state;
  let count = 0;
  if (times.length > 0) count = firstFrom(times, end) - firstFrom(times, start);
  if (buckets !== undefined)
    for (const bucket of buckets) if (bucket.last >= start && bucket.last < end) count += bucket.count;
  return count;
}

/** The time of the first or the last event of all that are kept; undefined when there is none. */
export function momentOf({ times, buckets }: AggregateState, which: 'first' | 'last'): number | undefined {
  const folded = which === 'first' ? buckets?.map(({ first }) => first) : buckets?.map(({ last }) => last);
  const single = which === 'first' ? times[0] : times.at(-1);
  const moments = [...(folded ?? []), ...(single === undefined ? [] : [single])];
  if (moments.length === 0) return undefined;
  return which === 'first' ? Math.min(...moments) : Math.max(...moments);
}

/** Over all numbers in the window; undefined when there is none. */
export function numbersBetween(state: AggregateState, start: number, end: number): NumberTally | undefined {
  const { times, values, buckets } = state;
  let tally: NumberTally | undefined;
  if (buckets !== undefined)
    for (const bucket of buckets)
      if (bucket.numbers !== undefined && bucket.last >= start && bucket.last < end)
        tally = addTally(tally, bucket.numbers);
  if (values === undefined) return tally;
  for (let index = firstFrom(times, start); index < times.length && (times[index] as number) < end; index++) {
    const entry = values[index] as Measured | Measured[];
    if (typeof entry === 'number') tally = addNumber(tally, entry);
    else for (const value of valuesOfEntry(entry)) if (typeof value === 'number') tally = addNumber(tally, value);
  }
  return tally;
}

/** How many different values there are in the window: exact below `UNIQUE_LIMIT`, at least that where it is not. */
export function uniqueBetween(state: AggregateState, start: number, end: number): number {
  const { times, values, buckets } = state;
  if (values === undefined && buckets?.length === 1) {
    const [bucket] = buckets;
    return bucket?.unique !== undefined && bucket.last >= start && bucket.last < end ? bucket.unique.length : 0;
  }
  const seen = new Set<Measured>();
  if (buckets !== undefined)
    for (const bucket of buckets)
      if (bucket.last >= start && bucket.last < end) for (const value of bucket.unique ?? []) seen.add(value);
  if (values !== undefined)
    for (let index = firstFrom(times, start); index < times.length && (times[index] as number) < end; index++)
      for (const value of valuesOfEntry(values[index] as Measured | Measured[])) seen.add(value);
  return seen.size;
}

import type { Json } from '../kernel/index.js';
import {
  type AggregateState,
  compareExact,
  countBetween,
  microsOf,
  numbersBetween,
  uniqueBetween,
} from '../profile/index.js';
import type { EventQuestion } from './resolve-rule.js';
import type { MeasureKind, MeasureOperator } from './rule.js';

/** The figure of one window of an aggregate: how it lies to a number (negative: below), or undefined where there is none. */
type Figure = ((bound: number) => number) | undefined;

export type FigureTest = (state: AggregateState, start: number, end: number) => boolean;

const plain =
  (figure: number): Figure =>
  (bound) =>
    figure - bound;

const readers: Record<MeasureKind, (state: AggregateState, start: number, end: number) => Figure> = {
  count: (state, start, end) => plain(countBetween(state, start, end)),
  unique: (state, start, end) => plain(uniqueBetween(state, start, end)),
  min: (state, start, end) => {
    const tally = numbersBetween(state, start, end);
    return tally && plain(tally.min);
  },
  max: (state, start, end) => {
    const tally = numbersBetween(state, start, end);
    return tally && plain(tally.max);
  },
  sum: (state, start, end) => {
    const tally = numbersBetween(state, start, end);
    return (bound) => compareExact(tally?.sum ?? 0, microsOf(bound), 1);
  },
  avg: (state, start, end) => {
    const tally = numbersBetween(state, start, end);
    if (tally === undefined || tally.summed === 0) return undefined;
    return (bound) => compareExact(tally.sum, microsOf(bound), tally.summed);
  },
};

function holds(figure: Figure, op: MeasureOperator, value: Json | undefined): boolean {
  if (op === 'neq') return !holds(figure, 'eq', value);
  if (op === 'nin') return !holds(figure, 'in', value);
  if (op === 'missing') return figure === undefined;
  if (figure === undefined) return false;
  switch (op) {
    case 'exists':
      return true;
    case 'eq':
      return figure(value as number) === 0;
    case 'gt':
      return figure(value as number) > 0;
    case 'gte':
      return figure(value as number) >= 0;
    case 'lt':
      return figure(value as number) < 0;
    case 'lte':
      return figure(value as number) <= 0;
    case 'between': {
      const [low, high] = value as [number, number];
      return figure(low) >= 0 && figure(high) <= 0;
    }
    case 'in':
      return (value as number[]).some((one) => figure(one) === 0);
  }
}

/** What a question asks of a count. */
export const countTest = (op: MeasureOperator, value: Json | undefined): ((count: number) => boolean) => {
  if (op === 'gte') return (count) => count >= (value as number);
  return (count) => holds(plain(count), op, value);
};

/** What a question asks of its figure over a window of the aggregate. */
export function figureTest({ measure, op, value }: EventQuestion): FigureTest {
  if (measure === 'count') {
    const test = countTest(op, value);
    return (state, start, end) => test(countBetween(state, start, end));
  }
  const read = readers[measure];
  return (state, start, end) => holds(read(state, start, end), op, value);
}

/** The figure as a number, to be shown; sums and averages lose what a double cannot hold. */
export function figureOf({ measure }: EventQuestion, state: AggregateState, start: number, end: number): number | null {
  if (measure === 'count') return countBetween(state, start, end);
  if (measure === 'unique') return uniqueBetween(state, start, end);
  const tally = numbersBetween(state, start, end);
  if (measure === 'sum') return Number(tally?.sum ?? 0) / 1e6;
  if (tally === undefined) return null;
  if (measure === 'avg') return tally.summed === 0 ? null : Number(tally.sum) / 1e6 / tally.summed;
  return measure === 'min' ? tally.min : tally.max;
}

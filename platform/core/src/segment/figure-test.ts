import type { Json } from '../kernel/index.js';
import {
  type AggregateState,
  compareExact,
  countBetween,
  microsOf,
  momentOf,
  type NumberTally,
  numbersBetween,
  uniqueBetween,
} from '../profile/index.js';
import type { EventFigure, EventQuestion } from './resolve-rule.js';
import type { MeasureKind, MeasureOperator } from './rule.js';

export type FigureTest = (state: AggregateState, start: number, end: number) => boolean;

/** How a measure is read over one window of an aggregate, and how what was read lies to a number (negative: below it). */
interface Reader<Figure> {
  /** Undefined where there is no figure. */
  read(state: AggregateState, start: number, end: number): Figure | undefined;
  against(figure: Figure, bound: number): number;
}

const difference = (figure: number, bound: number): number => figure - bound;

const NO_SUM: NumberTally = { summed: 0, sum: 0, min: 0, max: 0 };

const number = (read: Reader<number>['read']): Reader<number> => ({ read, against: difference });

const SUM: Reader<NumberTally> = {
  read: (state, start, end) => numbersBetween(state, start, end) ?? NO_SUM,
  against: (tally, bound) => compareExact(tally.sum, microsOf(bound), 1),
};

const AVG: Reader<NumberTally> = {
  read: (state, start, end) => {
    const tally = numbersBetween(state, start, end);
    return tally?.summed === 0 ? undefined : tally;
  },
  against: (tally, bound) => compareExact(tally.sum, microsOf(bound), tally.summed),
};

const READERS: Record<MeasureKind, Reader<number> | Reader<NumberTally>> = {
  count: number(countBetween),
  unique: number(uniqueBetween),
  min: number((state, start, end) => numbersBetween(state, start, end)?.min),
  max: number((state, start, end) => numbersBetween(state, start, end)?.max),
  sum: SUM,
  avg: AVG,
};

function holds<Figure>(
  against: Reader<Figure>['against'],
  figure: Figure | undefined,
  op: MeasureOperator,
  value: Json | undefined,
): boolean {
  if (op === 'neq') return !holds(against, figure, 'eq', value);
  if (op === 'nin') return !holds(against, figure, 'in', value);
  if (op === 'missing') return figure === undefined;
  if (figure === undefined) return false;
  switch (op) {
    case 'exists':
      return true;
    case 'eq':
      return against(figure, value as number) === 0;
    case 'gt':
      return against(figure, value as number) > 0;
    case 'gte':
      return against(figure, value as number) >= 0;
    case 'lt':
      return against(figure, value as number) < 0;
    case 'lte':
      return against(figure, value as number) <= 0;
    case 'between': {
      const [low, high] = value as [number, number];
      return against(figure, low) >= 0 && against(figure, high) <= 0;
    }
    case 'in':
      return (value as number[]).some((one) => against(figure, one) === 0);
  }
}

/** What a question asks of a count. */
export const countTest = (op: MeasureOperator, value: Json | undefined): ((count: number) => boolean) => {
  if (op === 'gte') return (count) => count >= (value as number);
  return (count) => holds(difference, count, op, value);
};

const testOf =
  <Figure>({ read, against }: Reader<Figure>, op: MeasureOperator, value: Json | undefined): FigureTest =>
  (state, start, end) =>
    holds(against, read(state, start, end), op, value);

/** What a question asks of its figure over a window of the aggregate. */
export function figureTest({ measure, op, value }: EventQuestion): FigureTest {
  if (measure === 'count') {
    const test = countTest(op, value);
    return (state, start, end) => test(countBetween(state, start, end));
  }
  return testOf(READERS[measure] as Reader<unknown>, op, value);
}

/** The figure to be shown: a number, of which sums and averages lose what a double cannot hold, or a time in RFC 3339. */
export function figureOf(
  { measure }: EventFigure,
  state: AggregateState,
  start: number,
  end: number,
): number | string | null {
  if (measure === 'count') return countBetween(state, start, end);
  if (measure === 'unique') return uniqueBetween(state, start, end);
  if (measure === 'first' || measure === 'last') {
    const moment = momentOf(state, measure);
    return moment === undefined ? null : new Date(moment).toISOString();
  }
  const tally = numbersBetween(state, start, end);
  if (measure === 'sum') return Number(tally?.sum ?? 0) / 1e6;
  if (tally === undefined) return null;
  if (measure === 'avg') return tally.summed === 0 ? null : Number(tally.sum) / 1e6 / tally.summed;
  return measure === 'min' ? tally.min : tally.max;
}

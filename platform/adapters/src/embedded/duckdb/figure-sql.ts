import type { Json } from '@cdp/core/kernel';
import type { EventQuestion, MomentQuestion } from '@cdp/core/segment';
import { type Asking, operatorSql } from './operator-sql.js';
import { holdsNot, NEVER } from './path-sql.js';
import type { SqlValues } from './sql-values.js';
import type { ValuePaths } from './value-paths.js';

/** Numbers beyond are left out of sums and averages. */
const SUMMED_UP_TO = 1e15;
const MICROS = 1_000_000n;

/** A number in millionths, halves away from zero, as the language of rules counts sums. */
export function microsOf(value: number): bigint {
  const scaled = Math.abs(value * 1e6);
  const whole = Math.trunc(scaled);
  const rounded = BigInt(whole) + (scaled - whole >= 0.5 ? 1n : 0n);
  return value < 0 ? -rounded : rounded;
}

/** The aggregates over the events of a question, and how its answer is read off their results. */
export interface Figure {
  /** SQL of aggregates over rows `e` of events; `filter` is what picks the question's events out of them. */
  aggregates(filter: string): string[];
  /** The answer is the same for every count from this one up; undefined where that is so for none. */
  enough?: bigint | undefined;
  /** When the answer is whether a count is at least this, and this is at least 1. */
  atLeast?: number | undefined;
  /** SQL of the answer; `results` are the names of the aggregates' results, NULL for a profile without any event. */
  answer(results: string[]): string;
}

export function figureSql(
  question: EventQuestion | MomentQuestion,
  paths: ValuePaths,
  bound: SqlValues,
  asking: Asking,
): Figure {
  if (question.kind === 'moment') return momentSql(question, bound, asking);
  const { measure, op, value } = question;
  if (measure === 'count') return counted((filter) => [`count(*)${filter}`], op, value);
  const measured = new MeasuredProperty(paths, (question.property as string[]).join('.'));
  switch (measure) {
    case 'unique':
      return counted((filter) => [measured.unique(filter)], op, value);
    case 'min':
    case 'max':
      return {
        aggregates: (filter) => [measured.extreme(measure, filter)],
        answer: ([figure]) =>
          compared(op, value, figure as string, (one) => bound.number(one), `${figure} IS NOT NULL`),
      };
    case 'sum':
      return {
        aggregates: (filter) => [measured.sum(filter)],
        answer: ([sum]) => compared(op, value, `coalesce(${sum}, 0)`, (one) => bound.huge(microsOf(one)), 'TRUE'),
      };
    case 'avg':
      return {
        aggregates: (filter) => [measured.sum(filter), measured.summed(filter)],
        answer: ([sum, summed]) =>
          compared(op, value, sum as string, (one) => `${bound.huge(microsOf(one))} * ${summed}`, `${sum} IS NOT NULL`),
      };
  }
}

/** The time is asked as a number that a trait holds. */
function momentSql({ measure, op, value }: MomentQuestion, bound: SqlValues, asking: Asking): Figure {
  const name = measure === 'first' ? 'min' : 'max';
  return {
    aggregates: (filter) => [`${name}(e.ts)${filter}`],
    answer: ([ms]) => operatorSql(op, value, (test) => test({ n: ms as string }, false) ?? NEVER, bound, asking),
  };
}

/** SQL of a comparison of a figure that is NULL where there is none. */
function compared(
  op: EventQuestion['op'],
  value: Json | undefined,
  figure: string,
  one: (value: number) => string,
  exists: string,
): string {
  const to = (comparison: string): string => `${figure} ${comparison} ${one(value as number)}`;
  const isOneOf = (): string =>
    (value as number[]).length === 0
      ? 'FALSE'
      : `(${(value as number[]).map((each) => `${figure} = ${one(each)}`).join(' OR ')})`;
  switch (op) {
    case 'eq':
      return to('=');
    case 'neq':
      return holdsNot(to('='));
    case 'gt':
      return to('>');
    case 'gte':
      return to('>=');
    case 'lt':
      return to('<');
    case 'lte':
      return to('<=');
    case 'in':
      return isOneOf();
    case 'nin':
      return holdsNot(isOneOf());
    case 'between': {
      const [low, high] = value as [number, number];
      return `(${figure} >= ${one(low)} AND ${figure} <= ${one(high)})`;
    }
    case 'exists':
      return exists;
    case 'missing':
      return holdsNot(exists);
  }
}

const largest = (bounds: readonly (bigint | undefined)[]): bigint =>
  bounds.reduce<bigint>((most, bound) => (bound !== undefined && bound > most ? bound : most), 0n);

const ceilDivide = (value: bigint, by: bigint): bigint => (value >= 0n ? (value + by - 1n) / by : value / by);
const floorDivide = (value: bigint, by: bigint): bigint => -ceilDivide(-value, by);

/** A number of things, compared to bounds in millionths. Where no events can be the answer, their lack is not looked for. */
function counted(aggregates: Figure['aggregates'], op: EventQuestion['op'], value: Json | undefined): Figure {
  const test = (from: bigint | undefined, to: bigint | undefined): Figure => ({
    aggregates,
    enough: largest([from, to === undefined ? undefined : to + 1n]),
    atLeast: from !== undefined && from > 0n && to === undefined ? Number(from) : undefined,
    answer: ([count]) => {
      const figure = (from ?? 0n) > 0n ? (count as string) : `coalesce(${count}, 0)`;
      const terms = [];
      if (from !== undefined) terms.push(`${figure} >= ${from}`);
      if (to !== undefined) terms.push(`${figure} <= ${to}`);
      return terms.length === 0 ? 'TRUE' : `(${terms.join(' AND ')})`;
    },
  });
  const equals = (one: Json): Figure => {
    const micros = microsOf(one as number);
    return micros % MICROS === 0n ? test(micros / MICROS, micros / MICROS) : test(1n, 0n);
  };
  const anyEqual = (): Figure => {
    const figures = (value as Json[]).map(equals);
    return {
      aggregates,
      enough: largest(figures.map((one) => one.enough)),
      answer: (results) => `(${['FALSE', ...figures.map((one) => one.answer(results))].join(' OR ')})`,
    };
  };
  const not = (figure: Figure): Figure => ({ aggregates, answer: (results) => holdsNot(figure.answer(results)) });
  const micros = (one: Json | undefined): bigint => microsOf(one as number);
  switch (op) {
    case 'eq':
      return equals(value as Json);
    case 'neq':
      return not(equals(value as Json));
    case 'in':
      return anyEqual();
    case 'nin':
      return not(anyEqual());
    case 'gt':
      return test(floorDivide(micros(value), MICROS) + 1n, undefined);
    case 'gte':
      return test(ceilDivide(micros(value), MICROS), undefined);
    case 'lt':
      return test(undefined, ceilDivide(micros(value), MICROS) - 1n);
    case 'lte':
      return test(undefined, floorDivide(micros(value), MICROS));
    case 'between': {
      const [low, high] = value as [Json, Json];
      return test(ceilDivide(micros(low), MICROS), floorDivide(micros(high), MICROS));
    }
    case 'exists':
      return test(undefined, undefined);
    case 'missing':
      return test(1n, 0n);
  }
}

/** Aggregates over the values at one path of the events' properties. */
class MeasuredProperty {
  readonly #scalar: (kind: 't' | 'n' | 'b') => string | undefined;
  /** SQL of a list of what the row's further values at the path give, NULL where it has none. */
  readonly #further: ((condition: string, each: string) => string) | undefined;

  constructor(paths: ValuePaths, path: string) {
    const known = paths.at(path);
    this.#scalar = (kind) => (known?.marks.has(kind) ? `e.${kind}${known.no}` : undefined);
    this.#further = known?.marks.has('more')
      ? (condition, each) =>
          `list_transform(list_filter(e.more, lambda v: v.p = ${known.no} AND ${condition}), lambda v: ${each})`
      : undefined;
  }

  extreme(name: 'min' | 'max', filter: string): string {
    const further = this.#further && `list_${name}(${this.#further('v.n IS NOT NULL', 'v.n')})`;
    return `${name}(${either(this.#scalar('n'), further, 'DOUBLE')})${filter}`;
  }

  /** In millionths; NULL where there are no numbers. */
  sum(filter: string): string {
    const micros = (n: string): string => `round(${n} * 1000000)::HUGEINT`;
    const n = this.#scalar('n');
    const scalar = n && `CASE WHEN abs(${n}) <= ${SUMMED_UP_TO} THEN ${micros(n)} END`;
    const further = this.#further && `list_sum(${this.#further(`abs(v.n) <= ${SUMMED_UP_TO}`, micros('v.n'))})`;
    return `sum(${either(scalar, further, 'HUGEINT')})${filter}`;
  }

  /** How many numbers are in the sum. */
  summed(filter: string): string {
    const n = this.#scalar('n');
    const scalar = n && `CASE WHEN abs(${n}) <= ${SUMMED_UP_TO} THEN 1 END`;
    const further = this.#further && `len(${this.#further(`abs(v.n) <= ${SUMMED_UP_TO}`, 'v.p')})`;
    return `sum(${either(scalar, further, 'BIGINT')})${filter}`;
  }

  unique(filter: string): string {
    const kinds = (['t', 'n', 'b'] as const).filter((kind) => this.#scalar(kind) !== undefined);
    if (!this.#further) {
      // Values of different types are never equal, so the numbers of each add up.
      const counts = kinds.map((kind) => `count(DISTINCT ${this.#scalar(kind)})${filter}`);
      return counts.length === 0 ? 'count(NULL)' : counts.join(' + ');
    }
    const marked = (t: string, n: string, b: string): string =>
      `coalesce('t' || ${t}, 'n' || ${n}::VARCHAR, 'b' || ${b}::VARCHAR)`;
    const scalar = marked(
      this.#scalar('t') ?? 'NULL::VARCHAR',
      this.#scalar('n') ?? 'NULL::DOUBLE',
      this.#scalar('b') ?? 'NULL::BOOLEAN',
    );
    const further = this.#further('v.o IS NULL', marked('v.t', 'v.n', 'v.b'));
    return `len(list_distinct(flatten(list(list_append(coalesce(${further}, []), ${scalar}))${filter})))`;
  }
}

/** Values of a row at one path are in its column or among its further values, never in both. */
const either = (scalar: string | undefined, further: string | undefined, type: string): string =>
  scalar !== undefined && further !== undefined
    ? `coalesce(${scalar}, ${further})`
    : (scalar ?? further ?? `NULL::${type}`);

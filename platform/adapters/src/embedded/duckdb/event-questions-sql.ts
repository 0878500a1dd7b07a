import type { EventFigure, EventQuestion, MomentQuestion, ResolvedPropertyRule, Span } from '@cdp/core/segment';
import { type HabitQuestion, habitCountsSql, KEPT_TIMES } from './event-habits.js';
import { type Figure, figureSql } from './figure-sql.js';
import { type Asking, operatorSql } from './operator-sql.js';
import { holdsNot, NEVER, someValueSql } from './path-sql.js';
import type { SqlValues } from './sql-values.js';
import type { TenantTables } from './tenant-tables.js';

interface Asked {
  filter: string;
  figure: Figure;
  /** Names of the results in the scan. */
  results: string[];
}

/**
 * The event questions of one rule, answered by one scan of the events; the same question is asked once. How often
 * something was done is read off the kept habits where they tell.
 */
export class EventQuestionsSql {
  readonly #tables: TenantTables;
  readonly #bound: SqlValues;
  readonly #asking: Asking;
  readonly #asked = new Map<string, Asked>();
  readonly #names = new Set<number>();
  /** Names of scans of the habits by their SQL. */
  readonly #habits = new Map<string, string>();
  #results = 0;

  constructor(tables: TenantTables, bound: SqlValues, asking: Asking) {
    this.#tables = tables;
    this.#bound = bound;
    this.#asking = asking;
  }

  /** SQL of the answer for a row that the scans are joined to. */
  answer(question: EventQuestion | MomentQuestion): string {
    const figure = figureSql(question, this.#tables.properties, this.#bound, this.#asking);
    const name = this.#tables.names.get(question.event);
    // Nothing of that name ever happened: the figures of no events.
    if (name === undefined) return figure.answer(['NULL', 'NULL']);
    const [from, to] = spanOf(question.span, this.#bound, this.#asking.now);
    const filter = [
      ...(from === undefined ? [] : [`e.ts >= ${from}`]),
      ...(to === undefined ? [] : [`e.ts < ${to}`]),
      eventFilterSql(question, name, this.#tables, this.#bound, this.#asking),
    ].join(' AND ');
    if (this.#isKept(question, figure))
      return figure.answer([this.#habit({ name, filter, from, to, atLeast: figure.atLeast })]);
    const aggregates = figure.aggregates(` FILTER (WHERE ${filter})`);
    const key = aggregates.join('\n');
    let asked = this.#asked.get(key);
    if (asked === undefined) {
      asked = { filter, figure, results: aggregates.map(() => `a${this.#results++}`) };
      this.#asked.set(key, asked);
      this.#names.add(name);
    }
    return figure.answer(asked.results.map((result) => `q.${result}`));
  }

  /** The scans that are needed, each with its name: `(profile, …)`, one row for each profile whose history the events are. */
  scans(): { name: string; sql: string }[] {
    const habits = [...this.#habits].map(([sql, name]) => ({ name, sql }));
    return this.#asked.size === 0 ? habits : [{ name: 'q', sql: this.#scanSql() }, ...habits];
  }

  /** Habits tell counts up to a few in windows that reach to now, and any count of all times. */
  #isKept({ measure, where, type, span }: EventFigure, { enough }: Figure): boolean {
    if (this.#tables.habits.no < 0 || measure !== 'count' || where !== undefined || type !== undefined) return false;
    if (span.kind === 'ever') return true;
    const few = enough !== undefined && enough <= BigInt(KEPT_TIMES);
    return few && (span.kind === 'sliding' ? span.endAgo === 0 : span.end === Number.POSITIVE_INFINITY);
  }

  #habit(question: HabitQuestion): string {
    const sql = habitCountsSql(this.#tables, question);
    const known = this.#habits.get(sql) ?? `k${this.#habits.size}`;
    this.#habits.set(sql, known);
    return `${known}.r`;
  }

  #scanSql(): string {
    const asked = [...this.#asked.values()];
    const alone = asked.length === 1;
    const results = asked.flatMap(({ figure, filter, results: names }) =>
      figure
        .aggregates(alone ? '' : ` FILTER (WHERE ${filter})`)
        .map((aggregate, index) => `${aggregate} AS ${names[index]}`),
    );
    const filters = [...new Set(asked.map(({ filter }) => `(${filter})`))];
    const named = filters.length === 1 ? '' : `e.name IN (${[...this.#names].join(', ')}) AND `;
    const { schema, merged } = this.#tables;
    const [owner, lineage] = merged
      ? ['coalesce(l.root, e.profile)', `LEFT JOIN ${schema}.lineage l ON l.origin = e.profile`]
      : ['e.profile', ''];
    return `SELECT ${owner} AS profile, ${results.join(', ')} FROM ${schema}.events e ${lineage}
      WHERE ${named}(${filters.join(' OR ')}) GROUP BY 1`;
  }
}

/** SQL that picks the events of a question out of rows `e`. `name` is the number of the question's event. */
export function eventFilterSql(
  question: EventFigure,
  name: number,
  tables: TenantTables,
  bound: SqlValues,
  asking: Asking,
): string {
  const terms = [`e.name = ${name}`];
  if (question.type !== undefined) terms.push(`e.type = ${bound.text(question.type)}`);
  if (question.where) terms.push(`(${whereSql(question.where, tables, bound, asking)})`);
  return terms.join(' AND ');
}

/** The bounds of a window, from inclusive, to exclusive; undefined where it is open. */
function spanOf(span: Span, bound: SqlValues, now: number): [from: string | undefined, to: string | undefined] {
  if (span.kind === 'ever') return [undefined, undefined];
  const bounds = span.kind === 'fixed' ? [span.start, span.end] : [now - span.startAgo, now - span.endAgo];
  const [from, to] = bounds.map((ms) => (Number.isFinite(ms) ? bound.whole(ms) : undefined));
  return [from, to];
}

function whereSql(rule: ResolvedPropertyRule, tables: TenantTables, bound: SqlValues, asking: Asking): string {
  const each = (rules: readonly ResolvedPropertyRule[]): string[] =>
    rules.map((inner) => `(${whereSql(inner, tables, bound, asking)})`);
  switch (rule.kind) {
    case 'all':
      return each(rule.rules).join(' AND ') || 'TRUE';
    case 'any':
      return each(rule.rules).join(' OR ') || NEVER;
    case 'not':
      return holdsNot(whereSql(rule.rule, tables, bound, asking));
    case 'property':
      return operatorSql(
        rule.op,
        rule.value,
        (test) => someValueSql(tables.properties, 'e', rule.path.join('.'), test),
        bound,
        asking,
      );
  }
}

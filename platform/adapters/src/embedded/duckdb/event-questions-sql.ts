import type { EventQuestion, ResolvedPropertyRule, Span } from '@cdp/core/segment';
import { type Figure, figureSql } from './figure-sql.js';
import { type Asking, operatorSql } from './operator-sql.js';
import { holdsNot, NEVER, someValueSql } from './path-sql.js';
import type { SqlValues } from './sql-values.js';
import type { TenantTables } from './tenant-tables.js';

interface Asked {
  filter: string;
  figure: Figure;
  /** Names of the results in the common scan. */
  results: string[];
}

/** The event questions of one rule, answered by a single scan of the events; the same question is asked once. */
export class EventQuestionsSql {
  readonly #tables: TenantTables;
  readonly #bound: SqlValues;
  readonly #asking: Asking;
  readonly #asked = new Map<string, Asked>();
  readonly #names = new Set<number>();
  #results = 0;

  constructor(tables: TenantTables, bound: SqlValues, asking: Asking) {
    this.#tables = tables;
    this.#bound = bound;
    this.#asking = asking;
  }

  /** SQL of the answer for a row that is joined to `q`. */
  answer(question: EventQuestion): string {
    const figure = figureSql(question, this.#tables.properties, this.#bound);
    const name = this.#tables.names.get(question.event);
    // Nothing of that name ever happened: the figures of no events.
    if (name === undefined) return figure.answer(['NULL', 'NULL']);
    const filter = [
      ...spanSql(question.span, this.#bound, this.#asking.now),
      eventFilterSql(question, name, this.#tables, this.#bound, this.#asking),
    ].join(' AND ');
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

  /** The common scan as `q(profile, …)`, grouped by whose history the events are; undefined when no event is asked for. */
  scan(): string | undefined {
    if (this.#asked.size === 0) return undefined;
    const asked = [...this.#asked.values()];
    const alone = asked.length === 1;
    const results = asked.flatMap(({ figure, filter, results: names }) =>
      figure
        .aggregates(alone ? '' : ` FILTER (WHERE ${filter})`)
        .map((aggregate, index) => `${aggregate} AS ${names[index]}`),
    );
    const filters = [...new Set(asked.map(({ filter }) => `(${filter})`))];
    const named = filters.length === 1 ? '' : `e.name IN (${[...this.#names].join(', ')}) AND `;
    const schema = this.#tables.schema;
    const [owner, lineage] = this.#tables.merged
      ? ['coalesce(l.root, e.profile)', `LEFT JOIN ${schema}.lineage l ON l.origin = e.profile`]
      : ['e.profile', ''];
    return `SELECT ${owner} AS profile, ${results.join(', ')} FROM ${schema}.events e ${lineage}
      WHERE ${named}(${filters.join(' OR ')}) GROUP BY 1`;
  }
}

/** SQL that picks the events of a question out of rows `e`. `name` is the number of the question's event. */
export function eventFilterSql(
  question: EventQuestion,
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

function spanSql(span: Span, bound: SqlValues, now: number): string[] {
  if (span.kind === 'ever') return [];
  const [start, end] = span.kind === 'fixed' ? [span.start, span.end] : [now - span.startAgo, now - span.endAgo];
  const terms = [];
  if (Number.isFinite(start)) terms.push(`e.ts >= ${bound.whole(start)}`);
  if (Number.isFinite(end)) terms.push(`e.ts < ${bound.whole(end)}`);
  return terms;
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

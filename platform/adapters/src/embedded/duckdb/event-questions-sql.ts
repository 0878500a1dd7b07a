import type { EventQuestion, ResolvedPropertyRule, Span } from '@cdp/core/segment';
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

/** Questions that one scan answers together. */
interface Scan {
  name: string;
  asked: Map<string, Asked>;
  names: Set<number>;
}

/**
 * The event questions of one rule, answered by as few scans as can be; the same question is asked once. How often
 * something was done is read off the marks, anything else off the events themselves.
 */
export class EventQuestionsSql {
  readonly #tables: TenantTables;
  readonly #bound: SqlValues;
  readonly #asking: Asking;
  readonly #ofEvents: Scan = { name: 'q', asked: new Map(), names: new Set() };
  readonly #ofMarks: Scan;
  #results = 0;

  constructor(tables: TenantTables, bound: SqlValues, asking: Asking) {
    this.#tables = tables;
    this.#bound = bound;
    this.#asking = asking;
    this.#ofMarks = tables.batches.marked < 0 ? this.#ofEvents : { name: 'k', asked: new Map(), names: new Set() };
  }

  /** SQL of the answer for a row that the scans are joined to. */
  answer(question: EventQuestion): string {
    const figure = figureSql(question, this.#tables.properties, this.#bound);
    const name = this.#tables.names.get(question.event);
    // Nothing of that name ever happened: the figures of no events.
    if (name === undefined) return figure.answer(['NULL', 'NULL']);
    const filter = [
      ...spanSql(question.span, this.#bound, this.#asking.now),
      eventFilterSql(question, name, this.#tables, this.#bound, this.#asking),
    ].join(' AND ');
    const plain = question.measure === 'count' && question.where === undefined && question.type === undefined;
    const scan = plain ? this.#ofMarks : this.#ofEvents;
    const aggregates = figure.aggregates(` FILTER (WHERE ${filter})`);
    const key = aggregates.join('\n');
    let asked = scan.asked.get(key);
    if (asked === undefined) {
      asked = { filter, figure, results: aggregates.map(() => `a${this.#results++}`) };
      scan.asked.set(key, asked);
      scan.names.add(name);
    }
    return figure.answer(asked.results.map((result) => `${scan.name}.${result}`));
  }

  /** The scans that are needed, each with its name: `(profile, …)`, grouped by whose history the events are. */
  scans(): { name: string; sql: string }[] {
    return [...new Set([this.#ofEvents, this.#ofMarks])]
      .filter(({ asked }) => asked.size > 0)
      .map((scan) => ({ name: scan.name, sql: this.#scanSql(scan) }));
  }

  #scanSql(scan: Scan): string {
    const asked = [...scan.asked.values()];
    const alone = asked.length === 1;
    const results = asked.flatMap(({ figure, filter, results: names }) =>
      figure
        .aggregates(alone ? '' : ` FILTER (WHERE ${filter})`)
        .map((aggregate, index) => `${aggregate} AS ${names[index]}`),
    );
    const filters = [...new Set(asked.map(({ filter }) => `(${filter})`))];
    const named = filters.length === 1 ? '' : `e.name IN (${[...scan.names].join(', ')}) AND `;
    const { schema, merged, batches } = this.#tables;
    // Both sides of the marks by one number: runs and batches that came since are seen on neither or on one side alone.
    const events =
      scan.name === 'q'
        ? `${schema}.events e`
        : `(SELECT profile, name, ts FROM ${schema}.marks WHERE run <= ${batches.marked}
            UNION ALL SELECT profile, name, ts FROM ${schema}.events WHERE batch > ${batches.marked}) e`;
    const [owner, lineage] = merged
      ? ['coalesce(l.root, e.profile)', `LEFT JOIN ${schema}.lineage l ON l.origin = e.profile`]
      : ['e.profile', ''];
    return `SELECT ${owner} AS profile, ${results.join(', ')} FROM ${events} ${lineage}
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

import { type Json, parseDuration } from '@cdp/core/kernel';
import {
  dayAt,
  type EventFigure,
  type EventQuestion,
  MAX_TIME,
  MIN_TIME,
  type MomentQuestion,
  nextDay,
  type ResolvedRule,
  type Rule,
  type RuleContext,
  resolveRule,
  startOfDay,
} from '@cdp/core/segment';
import { eventFilterSql } from './event-questions-sql.js';
import type { ValueSlots } from './path-sql.js';
import { SqlValues } from './sql-values.js';
import type { TenantTables } from './tenant-tables.js';

const DAY_MS = 86_400_000;

/** SQL of the first instant after now at which time alone may change what is asked of a value, from the value's own instant. */
type Turn = (ms: string) => string;

/** The first of two instants that is still to come; they are in order. */
const firstAhead = (now: string, turns: readonly string[]): string =>
  `CASE ${turns.map((turn) => `WHEN ${turn} > ${now} THEN ${turn}`).join(' ')} END`;

/**
 * SELECT of `(profile, due)`, ordered neither way: for every profile whose answer time alone may change, an instant that
 * is not after the first such change. Undefined where time changes nothing.
 */
export function dueInstantsSql(
  rule: Rule,
  context: RuleContext,
  tables: TenantTables,
): { sql: string; bound: SqlValues } | undefined {
  const bound = new SqlValues();
  const finder = new TurnFinder(tables, bound, context);
  finder.visit(resolveRule(rule, context));
  const selects = [finder.ofTraits(), finder.ofEvents()].filter((select) => select !== undefined);
  if (selects.length === 0) return undefined;
  return {
    sql: `SELECT profile, min(due) AS due FROM (${selects.join(' UNION ALL ')}) WHERE due IS NOT NULL GROUP BY profile`,
    bound,
  };
}

class TurnFinder {
  readonly #tables: TenantTables;
  readonly #bound: SqlValues;
  readonly #context: RuleContext;
  readonly #now: string;
  readonly #traits = new Set<string>();
  readonly #events = new Set<string>();
  readonly #names = new Set<number>();

  constructor(tables: TenantTables, bound: SqlValues, context: RuleContext) {
    this.#tables = tables;
    this.#bound = bound;
    this.#context = context;
    this.#now = bound.whole(context.now);
  }

  visit(rule: ResolvedRule): void {
    if (rule.kind === 'all' || rule.kind === 'any') for (const inner of rule.rules) this.visit(inner);
    else if (rule.kind === 'not' || rule.kind === 'segment') this.visit(rule.rule);
    else if (rule.kind === 'event') this.#visitEvent(rule);
    else if (rule.kind === 'moment') this.#visitMoment(rule);
    else if (rule.kind === 'trait') {
      const turn = this.#turnOf(rule.op, rule.value);
      if (turn !== undefined) this.#visitTrait(rule.path.join('.'), turn);
    }
  }

  ofTraits(): string | undefined {
    if (this.#traits.size === 0) return undefined;
    return `SELECT p.id AS profile, least(${[...this.#traits].join(', ')}) AS due FROM ${this.#tables.schema}.profiles p`;
  }

  ofEvents(): string | undefined {
    if (this.#events.size === 0) return undefined;
    const { schema, merged } = this.#tables;
    return `SELECT ${merged ? 'coalesce(l.root, e.profile)' : 'e.profile'} AS profile,
        min(least(${[...this.#events].join(', ')})) AS due
      FROM ${schema}.events e ${merged ? `LEFT JOIN ${schema}.lineage l ON l.origin = e.profile` : ''}
      WHERE e.name IN (${[...this.#names].join(', ')}) GROUP BY 1`;
  }

  #visitEvent(question: EventQuestion): void {
    const { span } = question;
    const name = this.#tables.names.get(question.event);
    if (span.kind !== 'sliding' || name === undefined) return;
    // An event at t is in the window while now - startAgo <= t < now - endAgo.
    const turns = [span.endAgo, span.startAgo].map((ago) => `e.ts + ${this.#bound.whole(ago + 1)}`);
    this.#addEvents(question, name, firstAhead(this.#now, turns));
  }

  /** The first or the last event is one of them, so no turn of it is missed. */
  #visitMoment(question: MomentQuestion): void {
    const name = this.#tables.names.get(question.event);
    const turn = this.#turnOf(question.op, question.value);
    if (turn !== undefined && name !== undefined) this.#addEvents(question, name, turn('e.ts'));
  }

  #addEvents(figure: EventFigure, name: number, turn: string): void {
    const filter = eventFilterSql(figure, name, this.#tables, this.#bound, this.#context);
    this.#names.add(name);
    this.#events.add(`CASE WHEN ${filter} THEN ${turn} END`);
  }

  #visitTrait(path: string, turn: Turn): void {
    const known = this.#tables.traits.at(path);
    if (known === undefined) return;
    const slots: ValueSlots = {};
    for (const mark of known.marks) if (mark !== 'more') slots[mark] = `p.${mark}${known.no}`;
    if (slots.d !== undefined) this.#traits.add(turn(slots.d));
    if (slots.n !== undefined) this.#traits.add(turn(instantOf(slots.n)));
    if (known.marks.has('more'))
      this.#traits.add(
        `list_min(list_transform(list_filter(p.more, lambda v: v.p = ${known.no}),
           lambda v: least(${turn('v.d')}, ${turn(instantOf('v.n'))})))`,
      );
  }

  #turnOf(op: string, value: Json | undefined): Turn | undefined {
    if (op === 'withinLast' || op === 'notWithinLast') {
      const length = parseDuration(value as string) as number;
      return (ms) => firstAhead(this.#now, [`${ms} + 1`, `${ms} + ${this.#bound.whole(length + 1)}`]);
    }
    return op === 'anniversary' ? (ms) => this.#anniversaryTurn(ms) : undefined;
  }

  /**
   * Anniversaries begin and end at midnights of the zone. Far from one, two days before it in UTC is soon enough for any
   * zone; near to one, the next midnight is.
   */
  #anniversaryTurn(ms: string): string {
    const { now, timeZone } = this.#context;
    const today = dayAt(now, timeZone);
    const midnight = this.#bound.whole(startOfDay(nextDay(today), timeZone));
    const date = `make_timestamp(${ms} * 1000)`;
    const from = (year: number): string =>
      `(epoch_ms(make_timestamp(${year}, month(${date}), least(day(${date}), 28), 0, 0, 0)) - ${2 * DAY_MS})`;
    return `CASE WHEN ${ms} IS NULL THEN NULL
      WHEN ${from(today.year)} > ${this.#now} THEN ${from(today.year)}
      WHEN ${from(today.year)} + ${8 * DAY_MS} > ${this.#now} OR ${from(today.year + 1)} <= ${this.#now} THEN ${midnight}
      ELSE ${from(today.year + 1)} END`;
  }
}

/** The instant that a number names, as a whole number; NULL when it names none. */
const instantOf = (n: string): string =>
  `CASE WHEN floor(${n}) BETWEEN ${MIN_TIME} AND ${MAX_TIME} THEN TRY_CAST(floor(${n}) AS BIGINT) END`;

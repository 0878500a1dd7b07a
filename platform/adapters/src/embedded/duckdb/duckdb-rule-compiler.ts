import { type ResolvedRule, type Rule, type RuleContext, resolveRule } from '@cdp/core/segment';
import { EventQuestionsSql } from './event-questions-sql.js';
import { needsEvents } from './needs-events.js';
import { type Asking, operatorSql } from './operator-sql.js';
import { holdsNot, NEVER, someValueSql } from './path-sql.js';
import { consentKey, platformBit } from './profile-rows.js';
import { SqlValues } from './sql-values.js';
import type { TenantTables } from './tenant-tables.js';

/** A rule as the parts of a statement over the tenant's active profiles `p`. */
export interface CompiledSql {
  /** Common table expressions to stand before the SELECT, or nothing. */
  withClause: string;
  /** `FROM … WHERE …`, to which `AND …` may be added. */
  fromWhere: string;
  bound: SqlValues;
}

/** Makes SQL of a validated rule. Texts of the rule are bound; what stands in the SQL is ours: columns and small numbers. */
export function compileRuleSql(rule: Rule, context: RuleContext, tables: TenantTables): CompiledSql {
  const bound = new SqlValues();
  const compiler = new RuleCompiler(tables, bound, context);
  const resolved = resolveRule(rule, context);
  const condition = compiler.condition(resolved);
  const scans = compiler.events.scans();
  return {
    withClause: scans.length === 0 ? '' : `WITH ${scans.map(({ name, sql }) => `${name} AS (${sql})`).join(', ')}`,
    fromWhere: `FROM ${tables.schema}.profiles p ${scans.map(({ name }) => `LEFT JOIN ${name} ON ${name}.profile = p.id`).join(' ')}
      WHERE ${scans.length === 0 || needsEvents(resolved) ? `p.active AND (${condition})` : `CASE WHEN p.active THEN ${condition} END`}`,
    bound,
  };
}

class RuleCompiler {
  readonly events: EventQuestionsSql;
  readonly #tables: TenantTables;
  readonly #bound: SqlValues;
  readonly #asking: Asking;

  constructor(tables: TenantTables, bound: SqlValues, asking: Asking) {
    this.#tables = tables;
    this.#bound = bound;
    this.#asking = asking;
    this.events = new EventQuestionsSql(tables, bound, asking);
  }

  #each(rules: readonly ResolvedRule[]): string[] {
    return rules.map((inner) => `(${this.condition(inner)})`);
  }

  condition(rule: ResolvedRule): string {
    switch (rule.kind) {
      case 'all':
        return this.#each(rule.rules).join(' AND ') || 'TRUE';
      case 'any':
        return this.#each(rule.rules).join(' OR ') || NEVER;
      case 'not':
        return holdsNot(this.condition(rule.rule));
      case 'segment':
        return this.condition(rule.rule);
      case 'trait': {
        const path = rule.path.join('.');
        return operatorSql(
          rule.op,
          rule.value,
          (test) => someValueSql(this.#tables.traits, 'p', path, test),
          this.#bound,
          this.#asking,
        );
      }
      case 'event':
      case 'moment':
        return this.events.answer(rule);
      case 'consent':
        return `list_contains(p.consents, ${this.#bound.text(consentKey(rule))})`;
      case 'device':
        return `p.platforms & ${platformBit(rule.platform)} <> 0`;
    }
  }
}

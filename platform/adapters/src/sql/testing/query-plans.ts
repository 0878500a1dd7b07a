import { SqlDatabase } from '../database.js';
import type { SqlDialect, SqlValue } from '../sql-dialect.js';

/** How an engine goes about one table of a statement. */
export interface TableAccess {
  table: string;
  /** `ALL` reads the whole table, `index` a whole index. */
  access: string;
  key: string | null;
  /** Bytes of the key that select. */
  keyLength: number;
  sorts: boolean;
}

export interface QueryPlan {
  sql: string;
  tables: TableAccess[];
}

interface ExplainRow {
  table: string | null;
  type: string | null;
  key: string | null;
  key_len: string | number | null;
  Extra: string | null;
}

/** Runs `work` on a database that looks on, and asks the engine how it would answer each statement that came by. */
export async function plansOf(db: SqlDatabase, work: (db: SqlDatabase) => Promise<void>): Promise<QueryPlan[]> {
  const asked = new Map<string, { sql: string; values: readonly SqlValue[] }>();
  const lookingOn = new Proxy(db.dialect, {
    get(dialect, name) {
      if (name === 'query')
        return (on: unknown, sql: string, values: readonly SqlValue[], unhurried?: boolean) => {
          const text = textOf(sql);
          if (/^(SELECT|UPDATE|DELETE)/.test(text) && !asked.has(text)) asked.set(text, { sql, values });
          return dialect.query(on, sql, values, unhurried);
        };
      const member: unknown = Reflect.get(dialect, name);
      return typeof member === 'function' ? member.bind(dialect) : member;
    },
  }) as SqlDialect;
  await work(new SqlDatabase(db.sequelize, lookingOn));
  const plans: QueryPlan[] = [];
  for (const [text, { sql, values }] of asked) {
    const rows = await db.select<ExplainRow>(`EXPLAIN ${sql}`, values);
    plans.push({ sql: text, tables: rows.filter(({ table }) => table !== null).map(accessOf) });
  }
  return plans.sort((a, b) => (a.sql < b.sql ? -1 : 1));
}

const accessOf = ({ table, type, key, key_len, Extra }: ExplainRow): TableAccess => ({
  table: table ?? '',
  access: type ?? '',
  key,
  // An index merge names one for each key.
  keyLength: Math.max(
    0,
    ...String(key_len ?? 0)
      .split(',')
      .map(Number),
  ),
  sorts: Extra?.includes('filesort') ?? false,
});

/** On one line, with lists of any length as one. */
const textOf = (sql: string): string =>
  sql
    .replace(/\s+/g, ' ')
    .replace(/\(\?(, \?)+\)/g, '(?)')
    .replace(/(WHEN \? THEN \? )+/g, 'WHEN ? THEN ? ')
    .trim();

/** For the file that is kept beside the stores. */
export const describePlans = (plans: readonly QueryPlan[]): string =>
  plans
    .map(({ sql, tables }) =>
      [
        sql,
        ...tables.map(
          ({ table, access, key, keyLength, sorts }) =>
            `    ${table}: ${access} ${key ?? '-'} (${keyLength})${sorts ? ', sorted' : ''}`,
        ),
      ].join('\n'),
    )
    .join('\n\n');

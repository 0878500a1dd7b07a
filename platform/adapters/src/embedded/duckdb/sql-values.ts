import { BIGINT, BOOLEAN, DOUBLE, type DuckDBType, type DuckDBValue, HUGEINT, UUID, VARCHAR } from '@duckdb/node-api';
import { uuidValue } from './uuid.js';

/** Collects the values of a statement while its text is made: each is bound by name, and none stands in the text. */
export class SqlValues {
  readonly #bound = new Map<string, { value: DuckDBValue; type: DuckDBType }>();
  readonly #names = new Map<string, string>();
  #count = 0;

  /** What the statement names: a value that was collected for a part that fell away must not be bound. */
  usedIn(sql: string): [values: Record<string, DuckDBValue>, types: Record<string, DuckDBType>] {
    const values: Record<string, DuckDBValue> = {};
    const types: Record<string, DuckDBType> = {};
    for (const [, name = ''] of sql.matchAll(/\$(p\d+)/g)) {
      const bound = this.#bound.get(name);
      if (bound === undefined) continue;
      values[name] = bound.value;
      types[name] = bound.type;
    }
    return [values, types];
  }

  text(value: string): string {
    return this.#once('t', value, value, VARCHAR);
  }

  number(value: number): string {
    return this.#once('n', value, value, DOUBLE);
  }

  boolean(value: boolean): string {
    return this.#once('b', value, value, BOOLEAN);
  }

  /** A whole number, such as epoch milliseconds. */
  whole(value: number): string {
    return this.#once('w', value, BigInt(value), BIGINT);
  }

  huge(value: bigint): string {
    return this.#once('h', value, value, HUGEINT);
  }

  uuid(value: string): string {
    return this.#once('u', value, uuidValue(value), UUID);
  }

  add(value: DuckDBValue, type: DuckDBType): string {
    const name = `p${this.#count++}`;
    this.#bound.set(name, { value, type });
    return `$${name}`;
  }

  #once(kind: string, key: string | number | boolean | bigint, value: DuckDBValue, type: DuckDBType): string {
    const known = this.#names.get(`${kind}${key}`);
    if (known !== undefined) return known;
    const name = this.add(value, type);
    this.#names.set(`${kind}${key}`, name);
    return name;
  }
}

import type { JsonObject } from '@cdp/core/kernel';
import { foldCase, MAX_TIME, MIN_TIME, parseTime } from '@cdp/core/segment';
import { type FlatValue, PRESENT, visitValues } from '../../json-values.js';
import {
  BEGINNINGS,
  beginningOf,
  fourDigits,
  isPlainText,
  monthDay,
  pathKey,
  sortable,
  type TermKind,
  tenantKey,
  textTerm,
} from './value-term.js';

/** Numbers nearer to zero name instants around January 1970, which are found by their order. */
export const DATED_NUMBERS = 1e10;

/** The terms of a document, each once. */
export class DocumentTerms {
  readonly #tenant: string;
  readonly #terms = new Set<string>();

  constructor(tenantId: string) {
    this.#tenant = tenantKey(tenantId);
  }

  get list(): string[] {
    return [...this.#terms];
  }

  /** Every value of the traits of a profile or the properties of an event. */
  addValues(document: JsonObject): this {
    visitValues(document, (path, value, listed) => {
      const key = pathKey(path);
      this.#terms.add(`${this.#tenant}x${key}:`);
      this.#addValue(key, value, listed);
    });
    return this;
  }

  /** A text in the place of whose path stands `key`. */
  addText(key: string, text: string): this {
    this.#addText(key, text, false);
    return this;
  }

  add(kind: TermKind, value: string): this {
    this.#terms.add(this.#tenant + kind + value);
    return this;
  }

  #addValue(key: string, value: FlatValue, listed: boolean): void {
    if (typeof value === 'string') this.#addText(key, value, listed);
    else if (typeof value === 'number') {
      this.#addNumber('n', key, listed, value);
      if (Math.abs(value) >= DATED_NUMBERS) this.#addDay('w', key, listed, Math.floor(value));
    } else if (value !== PRESENT) this.#add('b', key, listed, value ? '1' : '0');
  }

  #addText(key: string, text: string, listed: boolean): void {
    const [kind, value] = textTerm(text);
    this.#add(kind, key, listed, value);
    if (kind === 's') this.#add('f', key, listed, foldCase(text));
    if (!isPlainText(text)) this.#add('o', key, listed, '');
    const time = parseTime(text);
    if (time === undefined) return;
    const isDate = text.length === 10;
    if (isDate) this.#add('d', key, listed, sortable(time));
    else this.#addNumber('i', key, listed, time);
    this.#addDay(isDate ? 'm' : 'w', key, listed, time);
  }

  #addNumber(kind: 'n' | 'i', key: string, listed: boolean, number: number): void {
    const text = sortable(number);
    this.#add(kind, key, listed, text);
    this.#add(BEGINNINGS[kind], key, listed, beginningOf(text));
  }

  #addDay(kind: 'm' | 'w', key: string, listed: boolean, ms: number): void {
    if (ms < MIN_TIME || ms > MAX_TIME) return;
    const date = new Date(ms);
    const day = monthDay(date.getUTCMonth() + 1, date.getUTCDate());
    this.#add(kind, key, listed, day + fourDigits(date.getUTCFullYear()));
  }

  #add(kind: TermKind, key: string, listed: boolean, value: string): void {
    this.#terms.add(`${this.#tenant}${listed ? kind.toUpperCase() : kind}${key}:${value}`);
  }
}

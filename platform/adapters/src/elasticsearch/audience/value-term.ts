import { createHash } from 'node:crypto';
import { foldCase } from '@cdp/core/segment';

/**
 * What the values of profiles and events are searched by: each is one term, or a few, of one keyword field, written
 * `<tenant><kind><path>:<value>`. So a tenant may have as many traits as it likes without a field of the mapping for
 * each; every operator is a term, a prefix, a range or a pattern over a part of the terms that belongs to that tenant,
 * that path and that kind of value alone; and a document is one document of Lucene
 * however many values it has. (As `nested` objects of typed fields, an event of eight properties was nine documents, of
 * which a shard has room for two thousand million, and took twice the disk; it was indexed and found no faster.)
 *
 * Kinds; of an element of a list at the path's end each is written as the capital letter:
 *
 * - `x` there is a value, whatever it is; of lists too in this one letter
 * - `e` text that is its own case folding; `s` any other text, and beside it `f`, its folding
 * - `h` digest of a text that is too long for a term, or that UTF-8 cannot write; `o` beside it, without a value: there is such a text
 * - `n` number, so written that the order of terms is that of numbers; `b` boolean
 * - `d` instant of text that is a full date, `i` of text that is another time, both written as numbers are
 * - `k` beginning of `n`, `j` of `i`, by which all that lies well within a range is found without going through every single value
 * - `m` month, day and year of a full date; `w` month, day and year, in UTC, of another time or of a number that may well be one
 *
 * and of profiles `c` a consent, `p` a device's platform; its identifiers are texts in the place of whose path stands `@<type>`.
 */
export type TermKind = 'x' | 'e' | 's' | 'f' | 'h' | 'o' | 'n' | 'b' | 'd' | 'i' | 'k' | 'j' | 'm' | 'w' | 'c' | 'p';

/** Longer texts are known by their digest. A term of Lucene has at most 32,766 bytes; a unit of UTF-16 at most three. */
export const LONGEST_TEXT = 1_000;

/** Whether the text itself can be a term. */
export const isPlainText = (text: string): boolean => text.length <= LONGEST_TEXT && text.isWellFormed();

export const digest = (text: string): string => {
  // UTF-16, since UTF-8 would write one sign for every half of a pair.
  return createHash('sha256').update(text, 'utf16le').digest('base64url');
};

const REMEMBERED = 10_000;

function remembered(make: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    let made = known.get(text);
    if (made === undefined) {
      made = make(text);
      if (known.size >= REMEMBERED) known.clear();
      known.set(text, made);
    }
    return made;
  };
}

/** Tenants whose keys are the same would only be searched together: every query names its tenant besides. */
export const tenantKey = remembered((tenantId) => digest(tenantId).slice(0, 6));

const PLAIN_PATH = /^[\w$-]{1,40}(?:\.[\w$-]{1,40}){0,3}$/;

/** The path as it stands in terms and in names of fields: without a colon, and of bounded length. */
export const pathKey = remembered((path) => (PLAIN_PATH.test(path) ? path : `#${digest(path).slice(0, 22)}`));

/** In the place of a path: no path is written so. */
export const identifierKey = (type: string): string => `@${pathKey(type)}`;

const bits = new DataView(new ArrayBuffer(8));

/** Sixteen digits whose order is that of the numbers. */
export function sortable(number: number): string {
  bits.setFloat64(0, number + 0);
  let high = bits.getUint32(0);
  let low = bits.getUint32(4);
  if (high >>> 31 === 1) {
    high = ~high >>> 0;
    low = ~low >>> 0;
  } else high = (high | 0x80000000) >>> 0;
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

const BEGINNING = 6;

/**
 * What many numbers begin with when they are written so: of one to the next power of two there are 4,096 beginnings. Of
 * instants in these decades each is three days long.
 */
export const beginningOf = (number: string): string => number.slice(0, BEGINNING);

/** The kind that the beginnings of a kind are. */
export const BEGINNINGS = { n: 'k', i: 'j' } as const;

/** What stands before the values of one kind at one path. */
export const termPrefix = (tenantId: string, kind: TermKind, path: string, listed = false): string =>
  `${tenantKey(tenantId)}${listed ? kind.toUpperCase() : kind}${pathKey(path)}:`;

/** Kind and value of the term that tells a text from all others. */
export function textTerm(text: string): [kind: 'e' | 's' | 'h', value: string] {
  if (!isPlainText(text)) return ['h', digest(text)];
  return [foldCase(text) === text ? 'e' : 's', text];
}

const two = (number: number): string => (number < 10 ? `0${number}` : String(number));

/** `MMDD`, by which anniversaries are looked for. */
export const monthDay = (month: number, day: number): string => two(month) + two(day);

export const fourDigits = (year: number): string => String(year).padStart(4, '0');

import { anyOf, NOTHING, type Query } from './query.js';
import { BEGINNINGS, beginningOf, sortable, type TermKind, termPrefix } from './value-term.js';

interface Range {
  gt?: number;
  gte?: number;
  lt?: number;
  lte?: number;
}

type Texts = { [side in keyof Range]?: string };

/** Stands after every digit. */
const AFTER = 'g';

/** Queries over the terms of one tenant at one path. */
export class ValuesAtPath {
  readonly #prefix: (kind: TermKind, listed: boolean) => string;

  constructor(tenantId: string, path: string) {
    this.#prefix = (kind, listed) => termPrefix(tenantId, kind, path, listed);
  }

  term(kind: TermKind, value: string, listed = false): string {
    return this.#prefix(kind, listed) + value;
  }

  terms(terms: readonly string[]): Query {
    return terms.length === 0 ? NOTHING : { terms: { terms: [...terms] } };
  }

  present(): Query {
    return { term: { terms: this.#prefix('x', false) } };
  }

  /** Values of the kinds, which are written in the order of numbers, in a list or not. */
  inOrder(kinds: readonly ('n' | 'd' | 'i')[], range: Range): Query {
    const texts: Texts = Object.fromEntries(Object.entries(range).map(([side, number]) => [side, sortable(number)]));
    return anyOf(
      kinds.map((kind) => (kind === 'd' ? this.between([kind], texts) : this.#throughBeginnings(kind, texts))),
    );
  }

  /** Terms of the kinds between two texts, in a list or not. */
  between(kinds: readonly TermKind[], { gt, gte, lt, lte }: Texts): Query {
    return anyOf(
      kinds.flatMap((kind) =>
        [false, true].map((listed): Query => {
          const prefix = this.#prefix(kind, listed);
          return {
            range: {
              terms: {
                ...(gt === undefined ? { gte: prefix + (gte ?? '') } : { gt: prefix + gt }),
                ...(lte === undefined ? { lt: lt === undefined ? end(prefix) : prefix + lt } : { lte: prefix + lte }),
              },
            },
          };
        }),
      ),
    );
  }

  /**
   * The values at both ends of a range one by one, and what is between by what it begins with: a million different instants of a
   * year begin in some hundred ways.
   */
  #throughBeginnings(kind: 'n' | 'i', range: Texts): Query {
    const [low, high] = [range.gt ?? range.gte, range.lt ?? range.lte];
    const [first, last] = [low && beginningOf(low), high && beginningOf(high)];
    if (first !== undefined && first === last) return this.between([kind], range);
    if (low !== undefined && high !== undefined && low > high) return NOTHING;
    const { gt, lte } = range;
    const parts = [
      this.between([BEGINNINGS[kind]], {
        ...(first !== undefined && { gt: first }),
        ...(last !== undefined && { lt: last }),
      }),
    ];
    if (first !== undefined)
      parts.push(this.between([kind], { ...(gt === undefined ? { gte: low as string } : { gt }), lt: first + AFTER }));
    if (last !== undefined)
      parts.push(this.between([kind], { gte: last, ...(lte === undefined ? { lt: high as string } : { lte }) }));
    return anyOf(parts);
  }

  startingWith(kind: TermKind, listed: boolean, start: string): Query {
    return { prefix: { terms: { value: this.#prefix(kind, listed) + start } } };
  }

  like(kind: TermKind, listed: boolean, pattern: string): Query {
    return { wildcard: { terms: { value: this.#prefix(kind, listed) + pattern } } };
  }

  /** Whoever has a text that is known by its digest. */
  longTexts(listed: boolean): Query {
    return { term: { terms: this.#prefix('o', listed) } };
  }
}

/** The first text after all that begin with a prefix, which ends in a colon. */
const end = (prefix: string): string => `${prefix.slice(0, -1)};`;

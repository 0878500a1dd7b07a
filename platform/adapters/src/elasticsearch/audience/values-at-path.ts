import { anyOf, NOTHING, type Query } from './query.js';
import { sortable, type TermKind, termPrefix } from './value-term.js';

interface Range {
  gt?: number;
  gte?: number;
  lt?: number;
  lte?: number;
}

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
    return this.between(
      kinds,
      Object.fromEntries(Object.entries(range).map(([side, number]) => [side, sortable(number)])),
    );
  }

  between(kinds: readonly TermKind[], { gt, gte, lt, lte }: { [side in keyof Range]?: string }): Query {
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

import type { AudienceIndex } from './audience-index.js';
import { type Bounds, type Query, unsureOf } from './query.js';
import type { From } from './question-answers.js';
import { loadAll, type SortedPages, withHeads } from './sorted-pages.js';

/** Ids of one page. */
const PAGE = 10_000;

/** Lists the active profiles of a condition, those that the engine is not sure of once they are verified. */
export class ProfilesOfBounds {
  readonly #index: AudienceIndex;
  readonly #tenantId: string;
  readonly #verify: (profileIds: readonly string[]) => Promise<string[]>;

  /** `verify` answers those that fit, in their order. */
  constructor(index: AudienceIndex, tenantId: string, verify: (profileIds: readonly string[]) => Promise<string[]>) {
    this.#index = index;
    this.#tenantId = tenantId;
    this.#verify = verify;
  }

  pages(bounds: Bounds, from: From): SortedPages<string> {
    if (bounds.may === bounds.sure) return this.#ids(bounds.sure, from);
    const lists = [this.#ids(bounds.sure, from), this.verified(bounds, from)];
    return withHeads(lists, async function* ([known, verified]) {
      let page: string[] = [];
      while (known !== undefined && verified !== undefined) {
        await loadAll([known, verified]);
        const [one, other] = [known.item, verified.item];
        if (one === undefined && other === undefined) break;
        const isKnown = other === undefined || (one !== undefined && one < other);
        if (page.push((isKnown ? one : other) as string) >= (from.first ?? PAGE)) {
          yield page;
          page = [];
        }
        (isKnown ? known : verified).next();
      }
      if (page.length > 0) yield page;
    });
  }

  /** Those of whom the engine is not sure, and who fit. */
  async *verified(bounds: Bounds, from: From): AsyncGenerator<string[]> {
    for await (const ids of this.#ids(unsureOf(bounds), from)) yield await this.#verify(ids);
  }

  async *#ids(query: Query, { after, first }: From): AsyncGenerator<string[]> {
    for await (const buckets of this.#index.buckets('profiles', this.#tenantId, query, { after, first }))
      yield buckets.map(({ key }) => key.profile);
  }
}

/** Pages of items in the order of their profiles' ids, each profile at most once. */
export type SortedPages<T> = AsyncIterable<readonly T[]>;

/** The next item of sorted pages. Waiting is only for a page, not for each item. */
export class Head<T> {
  readonly #pages: AsyncIterator<readonly T[]>;
  #page: readonly T[] = [];
  #at = 0;
  #done = false;

  constructor(pages: SortedPages<T>) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  /** Undefined at the end, and before the first `load`. */
  get item(): T | undefined {
    return this.#page[this.#at];
  }

  /** To be called, and awaited, before `item` is looked at, wherever it says that a page is needed. */
  get needsPage(): boolean {
    return this.#at >= this.#page.length && !this.#done;
  }

  async load(): Promise<void> {
    while (this.needsPage) {
      const { value, done } = await this.#pages.next();
      this.#done = done === true;
      this.#page = done ? [] : value;
      this.#at = 0;
    }
  }

  next(): void {
    this.#at++;
  }

  async close(): Promise<void> {
    this.#done = true;
    await this.#pages.return?.();
  }
}

/** Runs `work` over the heads of several lists and closes them, however it ends. */
export async function* withHeads<T, R>(
  lists: readonly SortedPages<T>[],
  work: (heads: readonly Head<T>[]) => AsyncIterable<R>,
): AsyncGenerator<R> {
  const heads = lists.map((pages) => new Head(pages));
  try {
    yield* work(heads);
  } finally {
    await Promise.all(heads.map((head) => head.close()));
  }
}

export async function loadAll(heads: readonly Head<unknown>[]): Promise<void> {
  const waiting = heads.filter((head) => head.needsPage);
  if (waiting.length > 0) await Promise.all(waiting.map((head) => head.load()));
}

/** The first items, and no more pages than they take. */
export async function firstOf<T>(pages: SortedPages<T>, most: number): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages) {
    items.push(...page.slice(0, most - items.length));
    if (items.length >= most) break;
  }
  return items;
}

/** A fixed number of things that are lent to one borrower each; the others wait in the order of their coming. */
export class TurnQueue<T> {
  readonly #free: T[];
  readonly #waiting: ((item: T) => void)[] = [];

  constructor(items: readonly T[]) {
    this.#free = [...items];
  }

  async with<R>(work: (item: T) => Promise<R>): Promise<R> {
    const item =
      this.#free.length > 0 ? (this.#free.pop() as T) : await new Promise<T>((resolve) => this.#waiting.push(resolve));
    try {
      return await work(item);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(item);
      else this.#free.push(item);
    }
  }
}

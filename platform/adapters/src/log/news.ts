/** Lets loops wait until something that they look at has changed. */
export class News {
  readonly #waiting = new Set<() => void>();

  /** Resolves when something changed, or after so many milliseconds. */
  next(orAfterMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = orAfterMs === undefined ? undefined : setTimeout(done, orAfterMs);
      this.#waiting.add(done);
    });
  }

  tell(): void {
    for (const resolve of [...this.#waiting]) resolve();
  }
}

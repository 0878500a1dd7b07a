/** One call of `append`: done when each of its slices is, refused as a whole. */
export class Append {
  readonly bytes: number;
  /** Of `performance.now()`. */
  readonly deadline: number;
  readonly done: Promise<void>;
  settled = false;
  #slices = 0;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(bytes: number, deadline: number) {
    this.bytes = bytes;
    this.deadline = deadline;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  addSlice(): void {
    this.#slices++;
  }

  sliceDone(): void {
    if (--this.#slices > 0 || this.settled) return;
    this.settled = true;
    this.#resolve();
  }

  refuse(error: unknown): void {
    if (this.settled) return;
    this.settled = true;
    this.#reject(error);
  }
}

import type { Logger } from '@cdp/core/kernel';

const HOURLY_MS = 3_600_000;
/** Rows that one call removes: writers come in between. */
const AT_ONCE = 1_000;

/** Removes some of what is past its time, `limit` at the most; answers how many. */
export type Trim = (limit: number) => Promise<number>;

/** Lets go, at a start and once an hour, of what was kept for a time only. The log trims itself. */
export class Retention {
  readonly #trims: Readonly<Record<string, Trim>>;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopping = false;

  /** By what is kept, as it is called in the log of a failure. */
  constructor(trims: Readonly<Record<string, Trim>>, logger: Logger) {
    this.#trims = trims;
    this.#logger = logger;
  }

  start(): void {
    const run = () => {
      this.#running = this.#running.then(() => this.run());
    };
    run();
    this.#timer = setInterval(run, HOURLY_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  /** Never rejects: what could not be removed is tried again in an hour. */
  async run(): Promise<void> {
    for (const [what, trim] of Object.entries(this.#trims)) {
      try {
        while (!this.#stopping && (await trim(AT_ONCE)) >= AT_ONCE);
      } catch (error) {
        this.#logger.warn('What is past its time could not be removed', { what, error: String(error) });
      }
    }
  }
}

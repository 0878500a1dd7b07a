export interface RetryOptions {
  /** Attempts in all. Default 12. */
  maxAttempts?: number;
  /** Milliseconds after it was queued at which a message is given up. Default 3 days. */
  maxAgeMs?: number;
  /** Milliseconds that the first pause is at most; each further one twice as long. Default 10,000. */
  baseMs?: number;
  /** The longest pause. Default 1 hour. */
  longestMs?: number;
  /** 0 to 1, for the jitter. */
  random?: () => number;
}

/**
 * When to try again: exponential pauses with full jitter (any time between now and the end of the pause, which spreads a crowd
 * better than a fixed pause with some noise), never earlier than a provider asked.
 */
export class RetrySchedule {
  readonly maxAttempts: number;
  readonly maxAgeMs: number;
  readonly #baseMs: number;
  readonly #longestMs: number;
  readonly #random: () => number;

  constructor(options: RetryOptions = {}) {
    this.maxAttempts = options.maxAttempts ?? 12;
    this.maxAgeMs = options.maxAgeMs ?? 3 * 86_400_000;
    this.#baseMs = options.baseMs ?? 10_000;
    this.#longestMs = options.longestMs ?? 3_600_000;
    this.#random = options.random ?? Math.random;
  }

  /** Milliseconds from now; undefined when there is to be no further attempt. `attempts` counts those made. */
  next(attempts: number, ageMs: number, askedMs = 0): number | undefined {
    if (attempts >= this.maxAttempts) return undefined;
    const pause = Math.min(this.#longestMs, this.#baseMs * 2 ** Math.min(attempts - 1, 30));
    const wait = askedMs > 0 ? askedMs + this.#random() * Math.min(askedMs, pause) : this.#random() * pause;
    return ageMs + wait > this.maxAgeMs ? undefined : Math.ceil(wait);
  }
}

import { askLimits, type LimitAnswer, type LimitAsk } from './limit-script.js';
import type { RedisConnection } from './redis-connection.js';
import { away } from './redis-error.js';

interface Waiting {
  ask: LimitAsk;
  resolve(answer: LimitAnswer): void;
  reject(error: unknown): void;
}

/** One step of Redis asks no more than this: others wait meanwhile. */
const AT_ONCE = 500;

/** Gathers what is asked in one turn of the event loop into one call. Nobody waits for longer than `patienceMs`. */
export class LimitBatch {
  readonly #redis: RedisConnection;
  readonly #patienceMs: number;
  #waiting: Waiting[] = [];

  constructor(redis: RedisConnection, patienceMs: number) {
    this.#redis = redis;
    this.#patienceMs = patienceMs;
  }

  ask(ask: LimitAsk): Promise<LimitAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#send());
      this.#waiting.push({ ask, resolve, reject });
    });
  }

  #send(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < waiting.length; from += AT_ONCE) void this.#sendPart(waiting.slice(from, from + AT_ONCE));
  }

  async #sendPart(part: readonly Waiting[]): Promise<void> {
    const refuse = (error: unknown) => {
      for (const { reject } of part) reject(error);
    };
    const giveUp = () => refuse(away('Redis does not answer in time.'));
    // An answer that came while this process itself was busy is read before the patience is over.
    const timer = setTimeout(() => setImmediate(giveUp), this.#patienceMs);
    try {
      const answers = await this.#redis.run((redis) =>
        askLimits(
          redis,
          part.map(({ ask }) => ask),
        ),
      );
      part.forEach(({ resolve }, index) => {
        resolve(answers[index] as LimitAnswer);
      });
    } catch (error) {
      refuse(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

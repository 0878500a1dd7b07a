import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

export type ScriptArgument = string | number | Buffer;

/** Commands that Redis runs as one step. It is sent by its hash, and whole where the server does not know it (any more). */
export class RedisScript {
  readonly #text: string;
  readonly #sha: string;

  constructor(text: string) {
    this.#text = text;
    this.#sha = createHash('sha1').update(text).digest('hex');
  }

  async run(redis: Redis, keys: readonly ScriptArgument[], args: readonly ScriptArgument[]): Promise<unknown> {
    const rest = [...keys, ...args];
    try {
      return await redis.callBuffer('EVALSHA', this.#sha, keys.length, ...rest);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return redis.callBuffer('EVAL', this.#text, keys.length, ...rest);
    }
  }
}

import type { Json } from '../kernel/index.js';

/**
 * Values that may be lost at any time and are never older than their time to live: what is here saves a question, and
 * its absence only means asking. Nothing may be correct because of it.
 *
 * - A value comes back equal to what was put in; changing what was put in, or what came out, changes nothing here.
 * - Where the engine is shared, `delete` reaches every process; an engine that is away answers `undefined` and takes no
 *   longer than 50 ms to do so.
 */
export abstract class Cache {
  abstract get(key: string): Promise<Json | undefined>;
  /** `ttlMs` milliseconds at the most. */
  abstract set(key: string, value: Json, ttlMs: number): Promise<void>;
  abstract delete(key: string): Promise<void>;
  abstract close(): Promise<void>;
}

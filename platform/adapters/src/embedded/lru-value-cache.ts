import type { Clock, Json } from '@cdp/core/kernel';
import { Cache } from '@cdp/core/work';
import { LRUCache } from 'lru-cache';

interface Entry {
  /** JSON text: nobody can change it, and its size is known. */
  text: string;
  until: number;
}

/** Values in this process, the least used dropped first when `maxBytes` (default 32 MB) are reached. */
export class LruValueCache extends Cache {
  readonly #clock: Clock;
  readonly #entries: LRUCache<string, Entry>;

  constructor(clock: Clock, options: { maxBytes?: number } = {}) {
    super();
    this.#clock = clock;
    this.#entries = new LRUCache({
      maxSize: options.maxBytes ?? 32 * 1024 * 1024,
      sizeCalculation: (entry, key) => 2 * (entry.text.length + key.length) + 100,
    });
  }

  override async get(key: string): Promise<Json | undefined> {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (entry.until > this.#clock.now()) return JSON.parse(entry.text) as Json;
    this.#entries.delete(key);
    return undefined;
  }

  override async set(key: string, value: Json, ttlMs: number): Promise<void> {
    this.#entries.set(key, { text: JSON.stringify(value), until: this.#clock.now() + ttlMs });
  }

  override async delete(key: string): Promise<void> {
    this.#entries.delete(key);
  }

  override async close(): Promise<void> {
    this.#entries.clear();
  }
}

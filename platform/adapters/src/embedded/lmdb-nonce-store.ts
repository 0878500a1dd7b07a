import { hash } from 'node:crypto';
import { NonceStore } from '@cdp/core/ingest';
import { CdpError, type Clock } from '@cdp/core/kernel';
import type { Bytes, LmdbState } from './lmdb-state.js';

const DIGEST_BYTES = 20;
const CLEAN_EVERY_MS = 60_000;

/** Digests of nonces under the end of their time, so that what is over is one range. */
export class LmdbNonceStore extends NonceStore {
  readonly #state: LmdbState;
  readonly #clock: Clock;
  /** By digest: the end of its time. */
  readonly #ends: Bytes;
  /** By end and digest: what to clean, in the order of time. */
  readonly #due: Bytes;
  /** On their way to the disk: reads of the environment do not see them yet. */
  readonly #inFlight = new Set<string>();
  #cleanAt = 0;
  #closed = false;

  constructor(state: LmdbState, clock: Clock) {
    super();
    this.#state = state;
    this.#clock = clock;
    this.#ends = state.database('nonces');
    this.#due = state.database('nonces-due');
  }

  override async use(appId: string, nonce: string, windowMs: number): Promise<boolean> {
    if (this.#closed) throw new CdpError('unavailable', 'The memory of nonces is closed.', { retryAfter: 5 });
    const now = this.#clock.now();
    // JSON keeps the parts apart whatever they are made of.
    const digest = hash('sha256', JSON.stringify([appId, nonce]), 'buffer').subarray(0, DIGEST_BYTES);
    const name = digest.toString('latin1');
    const end = this.#ends.getBinaryFast(digest) as Buffer | undefined;
    if (this.#inFlight.has(name) || (end && end.readUIntBE(0, 6) >= now)) return false;
    this.#inFlight.add(name);
    try {
      const until = timeKey(now + windowMs);
      await this.#state.write(() => {
        void this.#ends.put(digest, until);
        void this.#due.put(Buffer.concat([until, digest]), digest);
      });
    } finally {
      this.#inFlight.delete(name);
    }
    await this.#clean(now);
    return true;
  }

  override async close(): Promise<void> {
    this.#closed = true;
    await this.#state.settled();
  }

  async #clean(now: number): Promise<void> {
    if (now < this.#cleanAt) return;
    this.#cleanAt = now + CLEAN_EVERY_MS;
    const over = [...this.#due.getRange({ end: timeKey(now) })];
    if (over.length === 0) return;
    await this.#state.write(() => {
      for (const { key, value } of over) {
        void this.#due.remove(key);
        // One that was used again since has a later end and stays.
        const end = this.#ends.getBinaryFast(value) as Buffer | undefined;
        if (end && end.readUIntBE(0, 6) < now) void this.#ends.remove(value);
      }
    });
  }
}

function timeKey(ms: number): Buffer {
  const key = Buffer.allocUnsafe(6);
  key.writeUIntBE(ms, 0, 6);
  return key;
}

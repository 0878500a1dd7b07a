import { hash } from 'node:crypto';
import { NonceStore } from '@cdp/core/ingest';
import { CdpError } from '@cdp/core/kernel';
import type { Bytes, LmdbState } from './lmdb-state.js';

const NOTHING = Buffer.alloc(0);
const DIGEST_BYTES = 20;

export interface LmdbNonceStoreOptions {
  /** How long a nonce is remembered at least, in milliseconds. Default 10 minutes: twice the window of a signature. */
  rememberMs?: number;
}

/** Digests of nonces under the period they came in, so that what is over is one range. */
export class LmdbNonceStore extends NonceStore {
  readonly #state: LmdbState;
  readonly #nonces: Bytes;
  readonly #periodMs: number;
  /** On their way to the disk: reads of the environment do not see them yet. */
  readonly #inFlight = new Set<string>();
  #cleanedBelow = 0;
  #closed = false;

  constructor(state: LmdbState, options: LmdbNonceStoreOptions = {}) {
    super();
    this.#state = state;
    this.#nonces = state.database('nonces');
    this.#periodMs = options.rememberMs ?? 600_000;
  }

  override async claim(tenantId: string, appId: string, nonce: string, now: number): Promise<boolean> {
    if (this.#closed) throw new CdpError('unavailable', 'The memory of nonces is closed.', { retryAfter: 5 });
    // JSON keeps the parts apart whatever they are made of.
    const name = hash('sha256', JSON.stringify([tenantId, appId, nonce]), 'buffer').subarray(0, DIGEST_BYTES);
    const inFlight = name.toString('latin1');
    const period = Math.floor(now / this.#periodMs);
    if (this.#inFlight.has(inFlight)) return false;
    // The one after, too: another clock of the platform may be a little ahead of this one.
    for (const near of [period, period - 1, period + 1])
      if (this.#nonces.getBinaryFast(keyOf(near, name)) !== undefined) return false;
    this.#inFlight.add(inFlight);
    try {
      await this.#state.write(() => void this.#nonces.put(keyOf(period, name), NOTHING));
    } finally {
      this.#inFlight.delete(inFlight);
    }
    await this.#clean(period - 1);
    return true;
  }

  override async close(): Promise<void> {
    this.#closed = true;
    await this.#state.settled();
  }

  async #clean(below: number): Promise<void> {
    if (below <= this.#cleanedBelow) return;
    this.#cleanedBelow = below;
    await this.#state.removeRange(this.#nonces, keyOf(0, NOTHING), keyOf(below, NOTHING));
  }
}

function keyOf(period: number, name: Buffer): Buffer {
  const key = Buffer.allocUnsafe(6 + name.length);
  key.writeUIntBE(period, 0, 6);
  name.copy(key, 6);
  return key;
}

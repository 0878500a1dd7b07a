import { CdpError, invalid } from '@cdp/core/kernel';
import { type Due, DueIndex } from '@cdp/core/segment';
import type { Bytes, LmdbState } from './lmdb-state.js';

const LOOK_AT_ONCE = 10_000;
const NOTHING = Buffer.alloc(0);

/** Keys of `f64 instant, u32 tenant number, profile id` and no values: LMDB's order is the order of time. */
export class LmdbDueIndex extends DueIndex {
  readonly #state: LmdbState;
  readonly #instants: Bytes;
  #closed = false;

  constructor(state: LmdbState) {
    super();
    this.#state = state;
    this.#instants = state.database('due');
  }

  override async schedule(entries: readonly Due[]): Promise<void> {
    this.#assertOpen();
    const keys = entries.map((entry) => keyOf(this.#state.tenants.assign(entry.tenantId), entry));
    if (keys.length > 0)
      await this.#state.write(() => {
        for (const key of keys) void this.#instants.put(key, NOTHING);
      });
  }

  override async due(now: number, limit: number): Promise<Due[]> {
    this.#assertOpen();
    const due: Due[] = [];
    for (const key of this.#instants.getKeys({ limit })) {
      const at = key.readDoubleBE(0);
      if (at > now) break;
      due.push({ tenantId: this.#state.tenants.idOf(key.readUInt32BE(8)), profileId: key.toString('utf8', 12), at });
    }
    return due;
  }

  override async done(entries: readonly Due[]): Promise<void> {
    this.#assertOpen();
    const keys = entries.flatMap((entry) => {
      const tenant = this.#state.tenants.find(entry.tenantId);
      return tenant === undefined ? [] : [keyOf(tenant, entry)];
    });
    await this.#remove(keys);
  }

  override async next(): Promise<number | undefined> {
    this.#assertOpen();
    for (const key of this.#instants.getKeys({ limit: 1 })) return key.readDoubleBE(0);
    return undefined;
  }

  /** Looks at every instant there is, in pieces: tenants go rarely, and a second order would cost each schedule. */
  override async deleteTenant(tenantId: string): Promise<void> {
    this.#assertOpen();
    const tenant = this.#state.tenants.find(tenantId);
    if (tenant === undefined) return;
    let start: Buffer | undefined;
    for (;;) {
      this.#assertOpen();
      const keys = [...this.#instants.getKeys({ ...(start && { start, exclusiveStart: true }), limit: LOOK_AT_ONCE })];
      await this.#remove(keys.filter((key) => key.readUInt32BE(8) === tenant));
      start = keys[keys.length - 1];
      if (!start) return;
      await new Promise(setImmediate);
    }
  }

  override async close(): Promise<void> {
    this.#closed = true;
    await this.#state.settled();
  }

  async #remove(keys: readonly Buffer[]): Promise<void> {
    if (keys.length > 0)
      await this.#state.write(() => {
        for (const key of keys) void this.#instants.remove(key);
      });
  }

  #assertOpen(): void {
    if (this.#closed) throw new CdpError('unavailable', 'The due index is closed.', { retryAfter: 5 });
    this.#state.assertOpen();
  }
}

function keyOf(tenant: number, { profileId, at }: Due): Buffer {
  // The bytes of a double sort as the number does from zero up.
  if (!(at >= 0 && Number.isFinite(at))) throw invalid('at', 'must be milliseconds since 1970');
  const key = Buffer.allocUnsafe(12 + Buffer.byteLength(profileId));
  key.writeDoubleBE(at === 0 ? 0 : at, 0);
  key.writeUInt32BE(tenant, 8);
  key.write(profileId, 12);
  return key;
}

import type { Clock, Page, PageRequest } from '../kernel/index.js';
import { invalid, notFound } from '../kernel/index.js';
import { hashAddress, type Suppression, type SuppressionReason } from './suppression.js';
import type { SuppressionStore } from './suppression-store.js';

export interface NewSuppression {
  channel: string;
  /** One of the two. */
  address?: string | undefined;
  addressHash?: string | undefined;
  reason?: SuppressionReason | undefined;
  source?: string | undefined;
}

export class SuppressionService {
  readonly #store: SuppressionStore;
  readonly #clock: Clock;

  constructor(deps: { suppressions: SuppressionStore; clock: Clock }) {
    this.#store = deps.suppressions;
    this.#clock = deps.clock;
  }

  async add(tenantId: string, added: readonly NewSuppression[]): Promise<Suppression[]> {
    const at = this.#clock.now();
    const suppressions = added.map((one, index): Suppression => {
      const addressHash = one.address === undefined ? one.addressHash : hashAddress(tenantId, one.channel, one.address);
      if (addressHash === undefined || addressHash === '')
        throw invalid(`${index}.address`, 'Give the address, or its hash as addressHash.');
      const address = one.address?.trim();
      return {
        channel: one.channel,
        addressHash,
        ...(address !== undefined && { address }),
        reason: one.reason ?? 'manual',
        source: one.source ?? 'api',
        at,
      };
    });
    await this.#store.add(tenantId, suppressions);
    return suppressions;
  }

  async remove(tenantId: string, channel: string, by: { address: string } | { addressHash: string }): Promise<void> {
    const hash = 'address' in by ? hashAddress(tenantId, channel, by.address) : by.addressHash;
    if (!(await this.#store.remove(tenantId, channel, hash))) throw notFound('suppression');
  }

  async list(tenantId: string, page: PageRequest & { channel?: string | undefined }): Promise<Page<Suppression>> {
    return this.#store.list(tenantId, page);
  }

  /** One answer an address, in their order; an empty address is never suppressed. */
  async check(tenantId: string, channel: string, addresses: readonly string[]): Promise<boolean[]> {
    const hashes = addresses.map((address) => (address === '' ? '' : hashAddress(tenantId, channel, address)));
    const asked = [...new Set(hashes)].filter((hash) => hash !== '');
    if (asked.length === 0) return hashes.map(() => false);
    const found = await this.#store.among(tenantId, channel, asked);
    return hashes.map((hash) => found.has(hash));
  }

  /** Of an erased person: the addresses stay suppressed, but only their hashes are kept. */
  async forget(tenantId: string, channels: readonly string[], addresses: readonly string[]): Promise<number> {
    const hashes = channels.flatMap((channel) => addresses.map((address) => hashAddress(tenantId, channel, address)));
    return hashes.length === 0 ? 0 : this.#store.forgetAddresses(tenantId, hashes);
  }
}

import { invalid } from '@cdp/core/kernel';
import type { Database, RootDatabase } from 'lmdb';

const MAX_TENANT_BYTES = 512;

/**
 * A number for each tenant, so that keys are short, lie together by tenant, and cannot be forged into another tenant's
 * by any choice of characters. A number is never given twice.
 */
export class TenantNumbers {
  readonly #database: Database<number, string>;
  readonly #numbers = new Map<string, number>();
  readonly #ids = new Map<number, string>();
  #next = 1;

  constructor(root: RootDatabase<Buffer, Buffer>) {
    this.#database = root.openDB<number, string>({
      name: 'tenants',
      keyEncoding: 'ordered-binary',
      encoding: 'msgpack',
    });
    for (const { key, value } of this.#database.getRange({})) {
      // The key 'next' has no prefix, so no tenant can be called that.
      if (key === 'next') this.#next = value;
      else this.#remember(key.slice(1), value);
    }
  }

  find(tenantId: string): number | undefined {
    return this.#numbers.get(tenantId);
  }

  /** The tenant's number, given now if it has none. Stored before any write that uses it, so that no crash parts them. */
  assign(tenantId: string): number {
    const known = this.#numbers.get(tenantId);
    if (known !== undefined) return known;
    if (tenantId === '' || !tenantId.isWellFormed() || Buffer.byteLength(tenantId) > MAX_TENANT_BYTES)
      throw invalid('tenantId', `must be well-formed text of 1 to ${MAX_TENANT_BYTES} bytes`);
    const number = this.#next;
    // In this order: a crash between the two leaves out a number, and gives none twice.
    this.#next = number + 1;
    this.#database.putSync('next', this.#next);
    this.#database.putSync(`:${tenantId}`, number);
    this.#remember(tenantId, number);
    return number;
  }

  idOf(number: number): string {
    const id = this.#ids.get(number);
    if (id === undefined) throw new Error(`The state names tenant number ${number}, which is not in it.`);
    return id;
  }

  #remember(tenantId: string, number: number): void {
    this.#numbers.set(tenantId, number);
    this.#ids.set(number, tenantId);
  }
}

/** The tenant's part of a key, with room for `extra` bytes after it. */
export function tenantKey(tenant: number, extra: number): Buffer {
  const key = Buffer.allocUnsafe(4 + extra);
  key.writeUInt32BE(tenant, 0);
  return key;
}

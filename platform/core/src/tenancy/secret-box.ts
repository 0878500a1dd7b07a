import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { CdpError, type Clock } from '../kernel/index.js';
import type { DataKeyStore, WrappedKey } from './data-key-store.js';
import type { MasterKeys } from './master-keys.js';
import { openBytes, sealBytes } from './sealing.js';

/** Where a secret is kept. A sealed text that is moved to another place does not open there. */
export interface SecretPlace {
  table: string;
  row: string;
  field: string;
}

const TENANTS_KEPT = 10_000;

/**
 * Keeps secrets that have to be read again: AES-256-GCM under a key of the tenant, which is itself wrapped by a master key from the
 * environment. Destroying a tenant's keys makes all it had sealed unreadable, in backups too.
 */
export class SecretBox {
  readonly #store: DataKeyStore;
  readonly #masters: MasterKeys;
  readonly #clock: Clock;
  /** A tenant's keys by id, the newest last. */
  readonly #keys = new LRUCache<string, Map<string, Buffer>>({ max: TENANTS_KEPT });

  constructor(options: { store: DataKeyStore; masters: MasterKeys; clock: Clock }) {
    this.#store = options.store;
    this.#masters = options.masters;
    this.#clock = options.clock;
  }

  /**
   * Makes the tenant's first key where it has none. To be called before, and never inside, the unit of work that creates the tenant:
   * a key that a roll-back takes away would take with it what was sealed in the meantime.
   */
  async prepare(tenantId: string): Promise<void> {
    if (this.#keys.has(tenantId)) return;
    if ((await this.#load(tenantId)).size === 0) await this.#make(tenantId);
  }

  /** A new key for what is sealed from now on; what was sealed before still opens. Not inside a unit of work. */
  async rotate(tenantId: string): Promise<void> {
    await this.#make(tenantId);
  }

  /** Text that only `open` with the same tenant and place turns back. */
  async seal(tenantId: string, place: SecretPlace, secret: string): Promise<string> {
    const keys = this.#keys.get(tenantId) ?? (await this.#load(tenantId));
    const newest = [...keys].at(-1);
    if (!newest) throw new Error('The tenant has no key for its secrets: prepare it first.');
    const [id, key] = newest;
    return `v1.${id}.${sealBytes(key, contextOf(tenantId, id, place), Buffer.from(secret)).toString('base64url')}`;
  }

  /** Throws when it was not sealed for this tenant and place, was tampered with, or its key is gone. */
  async open(tenantId: string, place: SecretPlace, sealed: string): Promise<string> {
    const [version, id, body] = sealed.split('.');
    if (version !== 'v1' || id === undefined || body === undefined) throw new Error('Not sealed by this platform.');
    const key = this.#keys.get(tenantId)?.get(id) ?? (await this.#load(tenantId)).get(id);
    if (!key) throw new Error('The key that sealed this secret is gone.');
    return openBytes(key, contextOf(tenantId, id, place), Buffer.from(body, 'base64url')).toString();
  }

  async destroy(tenantId: string): Promise<void> {
    await this.#store.destroy(tenantId);
    this.#keys.delete(tenantId);
  }

  /** Puts every key that a former master key wrapped under the current one; answers how many tenants had such. */
  async rewrap(): Promise<number> {
    const tenants = await this.#store.wrappedByOthers(this.#masters.current.id);
    for (const tenantId of tenants) {
      for (const key of await this.#store.all(tenantId))
        if (key.masterKeyId !== this.#masters.current.id)
          await this.#store.rewrap(tenantId, this.#wrap(tenantId, key.id, this.#unwrap(tenantId, key), key.createdAt));
    }
    return tenants.length;
  }

  async #make(tenantId: string): Promise<void> {
    const known = await this.#store.all(tenantId);
    const id = `k${known.length + 1}`;
    // When another process was first, its key is as good.
    await this.#store.insert(tenantId, this.#wrap(tenantId, id, randomBytes(32), this.#clock.now()));
    await this.#load(tenantId);
  }

  async #load(tenantId: string): Promise<Map<string, Buffer>> {
    const wrapped = await this.#store.all(tenantId);
    const keys = new Map(wrapped.map((key) => [key.id, this.#unwrap(tenantId, key)]));
    if (keys.size > 0) this.#keys.set(tenantId, keys);
    return keys;
  }

  #wrap(tenantId: string, id: string, key: Buffer, createdAt: number): WrappedKey {
    const master = this.#masters.current;
    return { id, wrapped: sealBytes(master.key, wrapContext(tenantId, id), key), masterKeyId: master.id, createdAt };
  }

  #unwrap(tenantId: string, key: WrappedKey): Buffer {
    const master = this.#masters.byId(key.masterKeyId);
    if (!master)
      throw new CdpError(
        'unavailable',
        `Secrets of tenant ${tenantId} need the master key ${key.masterKeyId}, which this process was not given.`,
      );
    return openBytes(master.key, wrapContext(tenantId, key.id), key.wrapped);
  }
}

const contextOf = (tenantId: string, keyId: string, { table, row, field }: SecretPlace): string =>
  JSON.stringify(['v1', tenantId, keyId, table, row, field]);

const wrapContext = (tenantId: string, keyId: string): string => JSON.stringify(['key', tenantId, keyId]);

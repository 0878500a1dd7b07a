import { hkdfSync } from 'node:crypto';

export interface MasterKey {
  /** Tells keys apart without giving anything of them away. */
  id: string;
  key: Buffer;
}

/** The keys from outside that everything secret hangs on: the first is used, the others only open what they once closed. */
export class MasterKeys {
  readonly current: MasterKey;
  readonly #keys = new Map<string, MasterKey>();

  /** Each 32 random bytes. */
  constructor(current: Buffer, former: readonly Buffer[] = []) {
    this.current = identified(current);
    for (const key of [current, ...former].map(identified)) this.#keys.set(key.id, key);
  }

  byId(id: string): MasterKey | undefined {
    return this.#keys.get(id);
  }

  /** A key of 32 bytes for one purpose, such as signing access tokens: the same at every start. The current one first. */
  derived(purpose: string): MasterKey[] {
    return [...this.#keys.values()].map(({ id, key }) => ({ id, key: derive(key, purpose) }));
  }
}

function identified(key: Buffer): MasterKey {
  if (key.length !== 32) throw new Error('A master key is 32 bytes long.');
  return { id: derive(key, 'id').toString('hex', 0, 6), key };
}

/** HKDF (RFC 5869) with SHA-256; the key is random already, so no salt is needed. */
const derive = (key: Buffer, purpose: string): Buffer => Buffer.from(hkdfSync('sha256', key, '', `cdp/${purpose}`, 32));

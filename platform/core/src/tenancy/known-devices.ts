import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { MasterKeys } from './master-keys.js';

/** Marks of browsers that have logged in to an account: signed, so that nothing has to be remembered. */
export class KnownDevices {
  readonly #keys: Buffer[];

  constructor(masters: MasterKeys) {
    this.#keys = masters.derived('known-device').map(({ key }) => key);
  }

  mark(accountId: string): string {
    const nonce = randomBytes(9).toString('base64url');
    return `${nonce}.${this.#sign(this.#keys[0] as Buffer, accountId, nonce).toString('base64url')}`;
  }

  isMark(accountId: string, mark: string | undefined): boolean {
    const [nonce, signature] = (mark ?? '').split('.');
    if (!nonce || !signature) return false;
    const given = Buffer.from(signature, 'base64url');
    return this.#keys.some((key) => {
      const expected = this.#sign(key, accountId, nonce);
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
  }

  #sign(key: Buffer, accountId: string, nonce: string): Buffer {
    return createHmac('sha256', key).update(`${accountId}.${nonce}`).digest();
  }
}

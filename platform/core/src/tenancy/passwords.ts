import { randomInt } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { CdpError } from '../kernel/index.js';

/** Argon2id at the first of OWASP's recommended settings: 19 MiB, two passes, one lane (Password Storage Cheat Sheet). */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const AT_ONCE = 4;
const WAITING = 200;
/** Without letters and digits that are read for one another. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** Hashes and checks passwords, a few at a time, so that a flood of logins takes neither the memory nor the other work. */
export class Passwords {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #dummy: Promise<string> | undefined;

  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(password, COST));
  }

  /** Takes as long without a hash as with one, so that the time does not tell whether an account exists. */
  async matches(passwordHash: string | null | undefined, password: string): Promise<boolean> {
    if (!passwordHash) {
      const dummy = await this.#hashOfNobody();
      await this.#inTurn(() => verify(dummy, password));
      return false;
    }
    return this.#inTurn(() => verify(passwordHash, password));
  }

  #hashOfNobody(): Promise<string> {
    if (!this.#dummy) {
      this.#dummy = this.hash('no account has this password');
      // Where there was no room for it, the next login tries again.
      this.#dummy.catch(() => {
        this.#dummy = undefined;
      });
    }
    return this.#dummy;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= WAITING)
        throw new CdpError('unavailable', 'Too many logins at once.', { retryAfter: 2 });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

/** 116 random bits, easy to read out. */
export function newTemporaryPassword(): string {
  const letters = Array.from({ length: 20 }, () => ALPHABET[randomInt(ALPHABET.length)]);
  return [0, 5, 10, 15].map((at) => letters.slice(at, at + 5).join('')).join('-');
}

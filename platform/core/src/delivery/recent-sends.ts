import type { Cache } from '../work/index.js';

/** Which messages were sent in the last seconds: nobody reads a mail that fast, but gateways that follow every link do. */
export class RecentSends {
  readonly #keptMs: number;
  readonly #shared: Cache | undefined;
  /** Two generations: what is forgotten goes as a whole, at no cost a message. */
  #young = new Map<string, number>();
  #old: ReadonlyMap<string, number> = new Map();
  #youngUntil = 0;

  /**
   * `keptMs`: milliseconds for which a send is remembered at the least; twice as many at the most. `shared`: where links are followed
   * in other processes than those that send; while it is away these do not know of each other.
   */
  constructor(keptMs: number, shared?: Cache) {
    this.#keptMs = keptMs;
    this.#shared = shared;
  }

  /** What is known already stays as it is: the worker tells of a send first, and the log once more. */
  note(messageId: string, at: number, now: number): void {
    if (now - at > this.#keptMs) return;
    if (now >= this.#youngUntil) {
      this.#old = now - this.#youngUntil < this.#keptMs ? this.#young : new Map();
      this.#young = new Map();
      this.#youngUntil = now + this.#keptMs;
    }
    if (this.#old.has(messageId)) return;
    this.#young.set(messageId, at);
    void this.#shared?.set(keyOf(messageId), at, this.#keptMs);
  }

  /** When it was sent, if that was a moment ago. */
  sentAt(messageId: string): number | undefined | Promise<number | undefined> {
    const known = this.#young.get(messageId) ?? this.#old.get(messageId);
    return known === undefined && this.#shared ? this.#ask(this.#shared, messageId) : known;
  }

  async #ask(shared: Cache, messageId: string): Promise<number | undefined> {
    const at = await shared.get(keyOf(messageId));
    return typeof at === 'number' ? at : undefined;
  }
}

const keyOf = (messageId: string): string => `sent/${messageId}`;

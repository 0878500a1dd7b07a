/** Which messages were sent in the last seconds: nobody reads a mail that fast, but gateways that follow every link do. */
export class RecentSends {
  readonly #keptMs: number;
  /** Two generations: what is forgotten goes as a whole, at no cost a message. */
  #young = new Map<string, number>();
  #old: ReadonlyMap<string, number> = new Map();
  #youngUntil = 0;

  /** `keptMs`: milliseconds for which a send is remembered at the least; twice as many at the most. */
  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  /** What is known already stays as it is: the worker tells of a send first, and the log once more. */
  note(messageId: string, at: number, now: number): void {
    if (now - at > this.#keptMs) return;
    if (now >= this.#youngUntil) {
      this.#old = now - this.#youngUntil < this.#keptMs ? this.#young : new Map();
      this.#young = new Map();
      this.#youngUntil = now + this.#keptMs;
    }
    if (!this.#old.has(messageId)) this.#young.set(messageId, at);
  }

  /** When it was sent, if that was a moment ago. */
  sentAt(messageId: string): number | undefined {
    return this.#young.get(messageId) ?? this.#old.get(messageId);
  }
}

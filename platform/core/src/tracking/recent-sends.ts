/** Which messages were sent in the last seconds: nobody reads a mail that fast, but gateways that follow every link do. */
export class RecentSends {
  readonly #keptMs: number;
  /** In the order of their sending, as a Map keeps it. */
  readonly #sentAt = new Map<string, number>();

  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  note(messageId: string, at: number, now: number): void {
    if (now - at > this.#keptMs) return;
    this.#sentAt.set(messageId, at);
    for (const [id, sentAt] of this.#sentAt) {
      if (now - sentAt <= this.#keptMs) break;
      this.#sentAt.delete(id);
    }
  }

  /** When it was sent, if that was a moment ago. */
  sentAt(messageId: string): number | undefined {
    return this.#sentAt.get(messageId);
  }
}

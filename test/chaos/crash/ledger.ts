/** What writers sent and what they were told, by message. */
export class Ledger {
  /** Whose message it is; answered as accepted. */
  readonly acknowledged = new Map<string, number>();
  /** Sent, never answered, and given up: it may be there, once. */
  readonly abandoned = new Map<string, number>();
  acknowledgements = 0;
  readonly #waiting = new Set<{ at: number; resolve: () => void }>();

  acknowledge(messageIds: readonly string[], person: number): void {
    for (const id of messageIds) {
      this.acknowledged.set(id, person);
      this.abandoned.delete(id);
    }
    this.acknowledgements += messageIds.length;
    for (const waiting of this.#waiting)
      if (waiting.at <= this.acknowledgements) {
        this.#waiting.delete(waiting);
        waiting.resolve();
      }
  }

  abandon(messageIds: readonly string[], person: number): void {
    for (const id of messageIds) if (!this.acknowledged.has(id)) this.abandoned.set(id, person);
  }

  /** Resolves when so many more were acknowledged. */
  more(count: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.add({ at: this.acknowledgements + count, resolve }));
  }

  /** Messages of each person, in their order. */
  byPerson(): Map<number, string[]> {
    const people = new Map<number, string[]>();
    for (const [id, person] of this.acknowledged) {
      const ids = people.get(person);
      if (ids) ids.push(id);
      else people.set(person, [id]);
    }
    return people;
  }
}

import type { Chunk } from './lane-pages.js';

export interface LanePumpParts {
  /** Calls of the plugin under way at once. */
  calls: number;
  /** Calls that may be answered while their results are not stored yet, beside those under way; 0: a call keeps its place until then. */
  behind: number;
  /** Messages that are leased ahead at the least while there are more. */
  ahead(): number;
  /** The next messages, and whether that was all that is due; undefined when no more are to be taken. */
  next(): Promise<{ chunks: Chunk[]; last: boolean } | undefined>;
  call(chunk: Chunk, answered: () => void): Promise<void>;
  giveBack(chunks: readonly Chunk[]): Promise<void>;
  mayGoOn(): boolean;
  now(): number;
}

/**
 * Keeps the places of a lane full: while messages are being sent, the next are leased, and the results of the last are stored. Ends
 * when nothing more is due or the lane may not go on; what was leased and not begun goes back.
 */
export class LanePump {
  readonly #parts: LanePumpParts;
  readonly #ahead: Chunk[] = [];
  #waiting = 0;
  #busy = 0;
  #open = 0;
  #leasing = false;
  /** The last look found fewer messages than it asked for. */
  #dry = false;
  #ended = false;
  #failure: { error: unknown } | undefined;
  #wakes = 0;
  #changed = Promise.withResolvers<void>();

  constructor(parts: LanePumpParts) {
    this.#parts = parts;
  }

  /** There may be more than there was. */
  wake(): void {
    this.#wakes++;
    this.#dry = false;
    this.#changed.resolve();
  }

  async run(): Promise<void> {
    while (this.#goesOn()) {
      this.#startCalls();
      if (!this.#leasing && !this.#dry && this.#waiting <= this.#parts.ahead()) void this.#lease();
      if (!this.#leasing && this.#open === 0 && this.#ahead.length === 0 && this.#dry) break;
      await this.#change();
    }
    while (this.#open > 0 || this.#leasing) await this.#change();
    await this.#parts.giveBack(this.#ahead.splice(0));
    if (this.#failure) throw this.#failure.error;
  }

  #goesOn(): boolean {
    return !this.#ended && this.#failure === undefined && this.#parts.mayGoOn();
  }

  async #change(): Promise<void> {
    await this.#changed.promise;
    this.#changed = Promise.withResolvers();
  }

  #startCalls(): void {
    const { calls, behind, now } = this.#parts;
    while (this.#busy < calls && this.#open < calls + behind) {
      const chunk = this.#ahead.shift();
      if (!chunk) return;
      this.#waiting -= chunk.messages.length;
      // It comes back when its lease is over, which may be now: somebody else could be sending it.
      if (now() < chunk.beginBefore) void this.#call(chunk);
    }
  }

  async #call(chunk: Chunk): Promise<void> {
    this.#busy++;
    this.#open++;
    let placed = true;
    const free = () => {
      if (placed) this.#busy--;
      placed = false;
      this.#changed.resolve();
    };
    try {
      await this.#parts.call(chunk, this.#parts.behind > 0 ? free : () => undefined);
    } catch (error) {
      this.#failure ??= { error };
    }
    free();
    // What came back may be due again at once.
    if (--this.#open === 0) this.#dry = false;
  }

  async #lease(): Promise<void> {
    this.#leasing = true;
    const wakes = this.#wakes;
    try {
      const page = await this.#parts.next();
      if (page) {
        // A wake-up during the look may tell of what came after it.
        this.#dry = page.last && wakes === this.#wakes;
        this.#ahead.push(...page.chunks);
        for (const chunk of page.chunks) this.#waiting += chunk.messages.length;
      } else this.#ended = true;
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      this.#leasing = false;
      this.#changed.resolve();
    }
  }
}

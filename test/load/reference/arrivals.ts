import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a sink tells of the messages that it took since it was last asked to `/reset`. Times are `performance.now()` of the sink. */
export interface Arrived {
  count: number;
  /** How many different messages these were. */
  distinct: number;
  firstAt: number;
  lastAt: number;
}

/** Counts what a sink takes. */
export class Arrivals {
  #ids = new Set<string>();
  #count = 0;
  #firstAt = 0;
  #lastAt = 0;

  note(id: string): void {
    this.#lastAt = performance.now();
    if (this.#count++ === 0) this.#firstAt = this.#lastAt;
    this.#ids.add(id);
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const arrived: Arrived = {
      count: this.#count,
      distinct: this.#ids.size,
      firstAt: this.#firstAt,
      lastAt: this.#lastAt,
    };
    if (request.url?.startsWith('/reset')) {
      this.#ids = new Set();
      this.#count = 0;
    }
    response.end(JSON.stringify(arrived));
  }
}

import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';

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

  read(): Arrived {
    return { count: this.#count, distinct: this.#ids.size, firstAt: this.#firstAt, lastAt: this.#lastAt };
  }

  reset(): void {
    this.#ids = new Set();
    this.#count = 0;
  }
}

/**
 * Takes messages on a port of their own and tells over HTTP how many came and when; what the parent process hears of is the
 * address of the latter, which names the former as `port`. Sinks speak on bare sockets and read no more than they count: product
 * and reference share two cores with them, and what a sink takes is missing there.
 */
export function startSink(take: (socket: Socket, arrivals: Arrivals) => void): void {
  const arrivals = new Arrivals();
  const sink = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    take(socket, arrivals);
  });
  const told = createHttpServer((request, response) => {
    const arrived = arrivals.read();
    if (request.url === '/reset') arrivals.reset();
    response.end(JSON.stringify(arrived));
  });
  told.keepAliveTimeout = 60_000;
  sink.listen(0, '127.0.0.1', () =>
    told.listen(0, '127.0.0.1', () => {
      const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
      process.send?.(`http://127.0.0.1:${portOf(told)}/?port=${portOf(sink)}`);
    }),
  );
}

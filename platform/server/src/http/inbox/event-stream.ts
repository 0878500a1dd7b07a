import type { FastifyReply } from 'fastify';

/** One event, by the rules of server-sent events (WHATWG HTML, section 9.2). */
export interface ServerSentEvent {
  /** Comes back as `Last-Event-ID`. */
  id?: string | number;
  event?: string;
  /** Without it nothing is dispatched, and the id is remembered all the same. */
  data?: unknown;
}

/** Bytes that may wait for a client that reads slowly; beyond them it is cut off, and goes on later from where it was. */
const MOST_WAITING_BYTES = 256 * 1024;
/** Milliseconds after which a client connects again. */
const RETRY_MS = 2_000;

/** An answer without an end. What is sent before it is opened waits for that. */
export class EventStream {
  readonly #reply: FastifyReply;
  #early: string | undefined = '';

  constructor(reply: FastifyReply) {
    this.#reply = reply;
  }

  /** Takes the answer over from the framework. */
  open(): void {
    const { raw } = this.#reply;
    this.#reply.hijack();
    raw.on('error', () => raw.destroy());
    raw.writeHead(200, {
      ...(this.#reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Proxies that gather answers would hold events back.
      'x-accel-buffering': 'no',
    });
    const early = this.#early ?? '';
    this.#early = undefined;
    raw.write(`retry: ${RETRY_MS}\n\n${early}`);
  }

  /** False when the client is gone, or too slow: then end it. */
  send({ id, event, data }: ServerSentEvent): boolean {
    const lines = [
      ...(id === undefined ? [] : [`id: ${id}`]),
      ...(event === undefined ? [] : [`event: ${event}`]),
      // JSON has no line ends.
      ...(data === undefined ? [] : [`data: ${JSON.stringify(data)}`]),
    ];
    return this.#write(`${lines.join('\n')}\n\n`);
  }

  /** Moves something on the line, so that nobody on the way takes it for dead. */
  ping(): boolean {
    return this.#write(': ping\n\n');
  }

  end(): void {
    if (this.#early === undefined) this.#reply.raw.end();
  }

  onClose(closed: () => void): void {
    const { raw } = this.#reply;
    if (raw.destroyed || raw.closed) closed();
    else raw.once('close', closed);
  }

  #write(text: string): boolean {
    const { raw } = this.#reply;
    if (this.#early !== undefined) {
      this.#early += text;
      return this.#early.length <= MOST_WAITING_BYTES;
    }
    if (raw.destroyed || raw.writableEnded) return false;
    raw.write(text);
    return raw.writableLength <= MOST_WAITING_BYTES;
  }
}

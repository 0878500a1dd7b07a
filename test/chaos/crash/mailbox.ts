import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A mail server that counts what it took, by recipient: it outlives those who send to it. */
export class Mailbox {
  readonly received = new Map<string, number>();
  #count = 0;
  readonly #waiting = new Set<{ at: number; resolve: () => void }>();
  readonly #server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData: (stream, session, taken) => {
      stream.resume();
      stream.once('end', () => {
        for (const { address } of session.envelope.rcptTo) this.#take(address);
        taken();
      });
    },
  });

  async listen(): Promise<number> {
    this.#server.on('error', () => {});
    const listening = once(this.#server.listen(0, '127.0.0.1'), 'listening');
    await listening;
    return (this.#server.server.address() as AddressInfo).port;
  }

  /** Resolves when so many more mails were taken. */
  more(count: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.add({ at: this.#count + count, resolve }));
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #take(address: string): void {
    this.received.set(address, (this.received.get(address) ?? 0) + 1);
    this.#count++;
    for (const waiting of this.#waiting)
      if (waiting.at <= this.#count) {
        this.#waiting.delete(waiting);
        waiting.resolve();
      }
  }
}

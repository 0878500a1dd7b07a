import type { SmtpSession } from './smtp-session.js';

export interface SmtpPoolOptions {
  /** Opens a session; rejects when the server cannot be reached or does not let us in. */
  open: () => Promise<SmtpSession>;
  /** The most sessions at once. */
  max: number;
  /** Messages after which a session is replaced: servers limit them. */
  maxUses: number;
  /** Milliseconds after which an unused session is closed, before the server does it. */
  idleMs: number;
}

/** After this a server that let fewer connections in than we wanted is asked for more again. */
const RETRY_GROWTH_MS = 30_000;

interface Waiting {
  resolve: (session: SmtpSession) => void;
  reject: (error: unknown) => void;
}

/**
 * Hands out sessions, the most recently used first. When the first session cannot be opened, everyone who waits is told at once: a
 * dead server costs one connection timeout and not one a message. When some are open and another is not let in, the open ones serve
 * the queue.
 */
export class SmtpPool {
  readonly #options: SmtpPoolOptions;
  readonly #waiting: Waiting[] = [];
  readonly #idle: { session: SmtpSession; timer: NodeJS.Timeout }[] = [];
  readonly #busy = new Set<SmtpSession>();
  readonly #ending = new Set<Promise<void>>();
  #opening = 0;
  #ceiling: number;
  #ceilingUntil = 0;
  #closed = false;

  constructor(options: SmtpPoolOptions) {
    this.#options = options;
    this.#ceiling = options.max;
  }

  /** A session for one message; give it back by {@link release}. Rejects with what `open` rejected with. */
  async acquire(signal: AbortSignal): Promise<SmtpSession> {
    signal.throwIfAborted();
    return await new Promise<SmtpSession>((resolve, reject) => {
      const waiting: Waiting = {
        resolve: (session) => {
          signal.removeEventListener('abort', onAbort);
          resolve(session);
        },
        reject: (error) => {
          signal.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      const onAbort = () => {
        const at = this.#waiting.indexOf(waiting);
        if (at >= 0) this.#waiting.splice(at, 1);
        waiting.reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiting);
      this.#serve();
    });
  }

  release(session: SmtpSession): void {
    this.#busy.delete(session);
    if (this.#closed || !session.alive || session.uses >= this.#options.maxUses) this.#end(session);
    else {
      const timer = setTimeout(() => this.#retire(session), this.#options.idleMs);
      timer.unref();
      this.#idle.push({ session, timer });
    }
    this.#serve();
  }

  /** Ends idle sessions with a goodbye and waits for those in use to be released. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(new Error('The channel was closed.'));
    for (const { session, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      this.#end(session);
    }
    for (const session of this.#busy) session.destroy();
    while (this.#ending.size > 0) await Promise.all(this.#ending);
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const free = this.#idle.pop();
      if (!free) break;
      clearTimeout(free.timer);
      if (free.session.alive) this.#give(free.session);
      else this.#end(free.session);
    }
    if (performance.now() >= this.#ceilingUntil) this.#ceiling = this.#options.max;
    while (
      !this.#closed &&
      this.#opening < this.#waiting.length &&
      this.#opening + this.#busy.size + this.#idle.length < this.#ceiling
    ) {
      this.#grow();
    }
  }

  #give(session: SmtpSession): void {
    const waiting = this.#waiting.shift();
    if (waiting) {
      this.#busy.add(session);
      waiting.resolve(session);
    } else this.release(session);
  }

  #grow(): void {
    this.#opening++;
    const opened = this.#options.open().then(
      (session) => {
        this.#opening--;
        if (this.#closed) this.#end(session);
        else this.#give(session);
      },
      (error: unknown) => {
        this.#opening--;
        this.#ceiling = Math.max(1, this.#busy.size + this.#idle.length);
        this.#ceilingUntil = performance.now() + RETRY_GROWTH_MS;
        if (this.#busy.size + this.#idle.length + this.#opening === 0) {
          this.#ceilingUntil = 0;
          for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
        }
      },
    );
    this.#track(opened);
  }

  #retire(session: SmtpSession): void {
    const at = this.#idle.findIndex((entry) => entry.session === session);
    if (at < 0) return;
    this.#idle.splice(at, 1);
    this.#end(session);
  }

  #end(session: SmtpSession): void {
    this.#track(session.close());
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#ending.delete(tracked));
    this.#ending.add(tracked);
  }
}

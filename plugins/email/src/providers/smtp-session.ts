import { once } from 'node:events';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';

export interface SmtpSessionOptions {
  /** To connect to. */
  address: string;
  /** For the certificate and for the server's name indication. */
  hostname: string;
  port: number;
  security: 'none' | 'starttls' | 'tls';
  credentials?: { username: string; password: string } | undefined;
  ca?: string | undefined;
  /** Milliseconds for connecting, greeting and TLS together. */
  connectTimeoutMs: number;
  /** Milliseconds of silence from the server. */
  silenceTimeoutMs: number;
}

export interface SmtpError extends Error {
  code?: string | undefined;
  /** The server's reply, where it gave one. */
  responseCode?: number | undefined;
  response?: string | undefined;
  /** What the reply was to: `CONN`, `EHLO`, `AUTH PLAIN`, `MAIL FROM`, `RCPT TO`, `DATA` … */
  command?: string | undefined;
}

/** Why a message was not accepted, as far as this side can tell. */
export class SmtpFailure extends Error {
  override readonly cause: SmtpError;
  /** The server had asked for the message and bytes of it may have gone out. */
  readonly bodyStarted: boolean;

  constructor(cause: SmtpError, bodyStarted: boolean) {
    super(cause.message);
    this.name = 'SmtpFailure';
    this.cause = cause;
    this.bodyStarted = bodyStarted;
  }
}

/** One logged-in connection to a mail server that takes one message at a time. */
export class SmtpSession {
  readonly #connection: SMTPConnection;
  #alive = true;
  #fail: ((error: SmtpError) => void) | undefined;
  /** Messages tried over this connection. */
  uses = 0;

  private constructor(connection: SMTPConnection) {
    this.#connection = connection;
    connection.on('error', (error: SmtpError) => {
      this.#alive = false;
      this.#fail?.(error);
    });
    connection.on('end', () => {
      this.#alive = false;
      // After a 421 the connection ends first and the reply is handed over second: the reply says more.
      const fail = this.#fail;
      queueMicrotask(() => fail?.(connectionError('Connection closed')));
    });
  }

  /** @throws SmtpFailure when there is no connection or the login fails. */
  static async open(options: SmtpSessionOptions, signal: AbortSignal): Promise<SmtpSession> {
    const connection = new SMTPConnection({
      host: options.address,
      port: options.port,
      // A server's name indication is never an address (RFC 6066, section 3).
      ...(isIP(options.hostname) === 0 && { servername: options.hostname }),
      secure: options.security === 'tls',
      requireTLS: options.security === 'starttls',
      ignoreTLS: options.security === 'none',
      connectionTimeout: options.connectTimeoutMs,
      greetingTimeout: options.connectTimeoutMs,
      socketTimeout: options.silenceTimeoutMs,
      socketCloseTimeout: 1_000,
      maxResponseSize: 64 * 1024,
      tls: {
        minVersion: 'TLSv1.2',
        ...(options.ca !== undefined && { ca: options.ca }),
      },
    });
    const session = new SmtpSession(connection);
    try {
      await session.#step(signal, (done) => connection.connect((error) => done(error ?? null)));
      const { credentials } = options;
      if (credentials) {
        const { username: user, password: pass } = credentials;
        await session.#step(signal, (done) => connection.login({ user, pass, credentials: { user, pass } }, done));
      }
      return session;
    } catch (error) {
      session.destroy();
      throw new SmtpFailure(error as SmtpError, false);
    }
  }

  /** False once the connection is of no more use. */
  get alive(): boolean {
    return this.#alive;
  }

  /**
   * Gives back the server's acceptance. After a failure with a reply the session can go on if {@link alive} says so.
   *
   * @throws SmtpFailure
   */
  async deliver(from: string, to: string, mail: Buffer, signal: AbortSignal): Promise<string> {
    this.uses++;
    const body = Readable.from([mail], { objectMode: false });
    try {
      return await this.#step<string>(signal, (done) =>
        this.#connection.send({ from, to: [to], size: mail.length }, body, (error, info) =>
          done(error, info?.response),
        ),
      );
    } catch (error) {
      const failure = new SmtpFailure(error as SmtpError, body.readableDidRead);
      body.destroy();
      await this.#recover(failure.cause, signal);
      throw failure;
    }
  }

  /** A refused message leaves the session usable after a reset; anything else does not. */
  async #recover(error: SmtpError, signal: AbortSignal): Promise<void> {
    if (this.#alive && error.responseCode !== undefined && error.responseCode !== 421) {
      try {
        await this.#step(signal, (done) => this.#connection.reset(done));
        return;
      } catch {
        // A server that cannot reset is left.
      }
    }
    this.destroy();
  }

  /** Says goodbye and waits until the connection is gone. */
  async close(): Promise<void> {
    const socket = this.#connection._socket;
    if (!socket || socket.destroyed) return;
    const gone = once(socket, 'close');
    if (this.#alive) this.#connection.quit();
    this.#alive = false;
    const timer = setTimeout(() => this.#connection.close(), 1_000);
    await gone;
    clearTimeout(timer);
  }

  /** Ends the connection without a goodbye. */
  destroy(): void {
    this.#alive = false;
    const socket = this.#connection._socket;
    this.#connection.close();
    if (socket && !socket.destroyed) socket.destroy();
  }

  /** One exchange that ends with the server's answer, the end of the connection or the end of the caller's patience. */
  #step<T = unknown>(
    signal: AbortSignal,
    start: (done: (error: SmtpError | null, result?: T) => void) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let settled = false;
      const settle = (act: () => void) => {
        if (settled) return;
        settled = true;
        this.#fail = undefined;
        signal.removeEventListener('abort', onAbort);
        act();
      };
      const onAbort = () => {
        settle(() => reject(connectionError('Given up before the server answered')));
        this.destroy();
      };
      this.#fail = (error) => settle(() => reject(error));
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      start((error, result) => settle(() => (error ? reject(error) : resolve(result as T))));
    });
  }
}

const connectionError = (message: string): SmtpError => Object.assign(new Error(message), { code: 'ECONNECTION' });

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Account, Behaviour, ProviderDouble } from '@cdp/plugin-kit/contract';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** Self-signed for localhost until the year 2126; worth nothing outside these tests. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUakB7lWYdLQpuT04QshCrQUmC9S8wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDA1NTA0MloYDzIxMjYxMDMx
MDU1MDQyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASDNzc679QX7KkA4ppINaXvSwn88A/Ve4ejV3PBIi1V4roEpm1dv1Kh
uJ8SB+/fUN9czpCw+yGMfEpP77mGZ1t7o2kwZzAdBgNVHQ4EFgQU3bSve8bo6RFW
OGYRcnXrPMaHeigwHwYDVR0jBBgwFoAU3bSve8bo6RFWOGYRcnXrPMaHeigwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SQAwRgIhAL30AM+IHf79ZTYo0wKbjVMy2opdSjd7g1m1VOFRbUcaAiEA7Qtd9EjD
3v3M2f1DnNWNrtUdu578Z6+TY7JBo9NhKBA=
-----END CERTIFICATE-----
`;
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg7+17AF4Nf7iPsTgg
5q68M4uOnPGpdrdj/5FDjYbEJGqhRANCAASDNzc679QX7KkA4ppINaXvSwn88A/V
e4ejV3PBIi1V4roEpm1dv1KhuJ8SB+/fUN9czpCw+yGMfEpP77mGZ1t7
-----END PRIVATE KEY-----
`;

export interface ReceivedMail {
  account: string;
  from: string;
  to: string;
  raw: Buffer;
  secure: boolean;
}

const PASSWORDS: Record<Account, string> = { first: 'pass-of-first-8a1f', second: 'pass-of-second-3c77' };

type Reply = { code: number; text: string };

/** A mail server for tests, on a loopback port that stays the same when it goes down and comes back. */
export class SmtpDouble implements ProviderDouble {
  readonly mails: ReceivedMail[] = [];
  /** Connections that were made, ever. */
  connected = 0;
  /** The most connections that are let in; the rest is told 421. */
  limit = Number.POSITIVE_INFINITY;
  /** A reply of its own instead of the behaviour's, by step. */
  replies: Partial<Record<'CONN' | 'MAIL' | 'RCPT' | 'DATA', Reply>> = {};
  /** Cuts the connection when it comes to this step, once. */
  cutAt: 'MAIL' | 'RCPT' | 'DATA' | undefined;
  readonly #smtp: SMTPServer;
  readonly #sockets = new Set<Socket>();
  readonly #letIn = new Set<string>();
  readonly #options: SMTPServerOptions;
  #listener: Server | undefined;
  #port = 0;
  #behaviour: Behaviour = 'accept';
  #read = 0;
  #watchers: (() => void)[] = [];

  private constructor(options: SMTPServerOptions) {
    this.#options = options;
    this.#smtp = new SMTPServer({
      hideENHANCEDSTATUSCODES: true,
      disableReverseLookup: true,
      key: KEY,
      cert: CERTIFICATE,
      authOptional: true,
      allowInsecureAuth: true,
      closeTimeout: 1,
      ...options,
      onAuth: ({ username, password }, _session, done) => {
        const known = Object.entries(PASSWORDS).some(
          ([account, secret]) => account === username && secret === password,
        );
        if (known) done(null, { user: username });
        // Some servers echo what they got.
        else done(replyError({ code: 535, text: `5.7.8 Bad credentials ${username} ${password}` }));
      },
      onConnect: ({ id }, done) => {
        if (this.replies.CONN) return done(replyError(this.replies.CONN));
        if (this.#letIn.size >= this.limit) return done(replyError({ code: 421, text: '4.7.0 Too many connections' }));
        this.#letIn.add(id);
        done();
      },
      onClose: ({ id }) => {
        this.#letIn.delete(id);
      },
      onMailFrom: (_address, _session, done) => {
        if (this.#cutsAt('MAIL')) return;
        done(this.replies.MAIL ? replyError(this.replies.MAIL) : null);
      },
      onRcptTo: ({ address }, _session, done) => {
        if (this.#cutsAt('RCPT')) return;
        const reply = this.replies.RCPT ?? this.#replyTo(address);
        done(reply ? replyError(reply) : null);
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          this.#read++;
          this.#notify();
          if (this.#cutsAt('DATA')) return;
          if (this.#behaviour === 'hang') return;
          if (this.replies.DATA) return done(replyError(this.replies.DATA));
          this.mails.push({
            account: String(session.user ?? ''),
            from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
            to: session.envelope.rcptTo[0]?.address ?? '',
            raw: Buffer.concat(chunks),
            secure: session.secure,
          });
          done(null, `OK: queued as Q${this.mails.length}`);
        });
      },
    });
    this.#smtp.on('error', () => undefined);
  }

  static async start(options: SMTPServerOptions = {}): Promise<SmtpDouble> {
    const double = new SmtpDouble(options);
    await double.#listen();
    return double;
  }

  config(account: Account): Record<string, unknown> {
    return {
      provider: 'smtp',
      host: 'localhost',
      port: this.#port,
      security: this.#options.secure ? 'tls' : 'none',
      username: account,
      password: PASSWORDS[account],
      from: 'Shop <news@shop.example>',
    };
  }

  get port(): number {
    return this.#port;
  }

  async behave(behaviour: Behaviour): Promise<void> {
    this.#behaviour = behaviour;
    this.#read = 0;
    if (behaviour === 'down') await this.#close();
    else if (!this.#listener) await this.#listen();
  }

  taken(account: Account): string[] {
    return this.mails.filter((mail) => mail.account === account).map((mail) => messageIdOf(mail));
  }

  read(count: number): Promise<void> {
    return this.#until(() => this.#read >= count);
  }

  idle(): Promise<void> {
    return this.#until(() => this.#sockets.size === 0);
  }

  get open(): number {
    return this.#sockets.size;
  }

  /** Ends every connection as a crash would. */
  cut(): void {
    // Through the session's own socket: taking the raw one from under TLS ends the process and not just the connection.
    for (const session of this.#smtp.connections as Set<{ _socket: Socket | null }>) session._socket?.destroy();
  }

  #cutsAt(step: 'MAIL' | 'RCPT' | 'DATA'): boolean {
    if (this.cutAt !== step) return false;
    this.cutAt = undefined;
    this.cut();
    return true;
  }

  async stop(): Promise<void> {
    await this.#close();
  }

  async #listen(): Promise<void> {
    // Our own listener in front, so that the port can close and open again and every socket is counted.
    this.#listener = createServer((socket) => {
      this.connected++;
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        this.#notify();
      });
      this.#smtp.server.emit('connection', socket);
    });
    this.#listener.listen(this.#port, 'localhost');
    await once(this.#listener, 'listening');
    const address = this.#listener.address();
    if (typeof address === 'object' && address) this.#port = address.port;
  }

  async #close(): Promise<void> {
    const listener = this.#listener;
    if (!listener) return;
    this.#listener = undefined;
    this.cut();
    await new Promise((resolve) => listener.close(resolve));
  }

  #replyTo(address: string): Reply | undefined {
    if (this.#behaviour === 'busy') return { code: 450, text: '4.2.1 Try again later' };
    if (this.#behaviour === 'refuse') return { code: 550, text: '5.7.1 Not wanted' };
    const number = Number(/\d+/.exec(address)?.[0] ?? 0);
    return this.#behaviour === 'half' && number % 2 === 1 ? { code: 550, text: '5.7.1 Not wanted' } : undefined;
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  #notify(): void {
    for (const watcher of this.#watchers.splice(0)) watcher();
  }
}

const replyError = ({ code, text }: Reply): Error => Object.assign(new Error(text), { responseCode: code });

const messageIdOf = (mail: ReceivedMail): string => /^Message-ID: <([^@>]+)@/m.exec(mail.raw.toString())?.[1] ?? '';

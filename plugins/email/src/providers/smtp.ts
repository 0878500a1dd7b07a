import {
  type Channel,
  type Host,
  isHostError,
  later,
  type Message,
  type Outcome,
  refused,
  sent,
  type TestResult,
  toReason,
} from '@cdp/plugin-kit';
import { composeMail, mailOf } from '../compose-mail.js';
import { isEmailAddress, parseSender, type Sender } from '../email-address.js';
import type { SmtpConfig } from '../email-config.js';
import type { EmailContent } from '../email-content.js';
import { outcomeOfSmtpFailure, type Trouble } from './smtp-outcome.js';
import { SmtpPool } from './smtp-pool.js';
import { SmtpFailure, SmtpSession } from './smtp-session.js';

const CONNECT_TIMEOUT_MS = 15_000;
/** RFC 5321, section 4.5.3.2, has a client wait up to ten minutes for the last reply; one is where relays end in practice. */
const SILENCE_TIMEOUT_MS = 60_000;

/** Servers end waiting connections after five minutes by the standard, and after one or two in practice. */
const IDLE_MS = 60_000;

/** Sends by SMTP over a pool of connections of its own. */
export class SmtpChannel implements Channel<EmailContent> {
  readonly #config: SmtpConfig;
  readonly #sender: Sender;
  readonly #secrets: string[];
  readonly #pool: SmtpPool;
  readonly #lifetime = new AbortController();

  constructor(config: SmtpConfig, host: Host) {
    const sender = parseSender(config.from);
    if (!sender) throw new Error('from: not an e-mail address.');
    this.#config = config;
    this.#sender = sender;
    this.#secrets = secretForms(config);
    this.#pool = new SmtpPool({
      open: () => this.#connect(host, this.#lifetime.signal),
      max: config.maxConnections,
      maxUses: 100,
      idleMs: IDLE_MS,
    });
  }

  send(messages: readonly Message<EmailContent>[], host: Host): Promise<Outcome[]> {
    return Promise.all(messages.map((message) => this.#sendOne(message, host)));
  }

  async test(host: Host): Promise<TestResult> {
    try {
      const session = await this.#connect(host, host.signal);
      await session.close();
      return { ok: true };
    } catch (error) {
      return { ok: false, reason: this.#troubleOf(error).reason };
    }
  }

  async close(): Promise<void> {
    this.#lifetime.abort();
    await this.#pool.close();
  }

  async #sendOne(message: Message<EmailContent>, host: Host): Promise<Outcome> {
    if (!isEmailAddress(message.to)) return refused('Not an e-mail address.', { suppress: 'address' });
    const mail = mailOf(message, this.#sender, host.clock.now());
    const bytes = composeMail(mail);
    for (;;) {
      let session: SmtpSession;
      try {
        session = await this.#pool.acquire(host.signal);
      } catch (error) {
        return this.#troubleOf(error);
      }
      const reused = session.uses > 0;
      try {
        return sent(await session.deliver(mail.from, mail.to, bytes, host.signal).then(queueId));
      } catch (error) {
        // The server had closed a waiting connection: nothing of this message went out, so a fresh one is tried at once.
        if (reused && isLostBefore(error) && !host.signal.aborted) continue;
        return this.#troubleOf(error, [message.to, mail.to]);
      } finally {
        this.#pool.release(session);
      }
    }
  }

  async #connect(host: Host, signal: AbortSignal): Promise<SmtpSession> {
    const { host: hostname, port, security, username, password, ca } = this.#config;
    const { address } = await host.resolve(hostname);
    const credentials = username !== undefined && password !== undefined ? { username, password } : undefined;
    return SmtpSession.open(
      {
        address,
        hostname,
        port,
        security,
        credentials,
        ca,
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        silenceTimeoutMs: SILENCE_TIMEOUT_MS,
      },
      signal,
    );
  }

  #troubleOf(error: unknown, personal: readonly string[] = []): Trouble {
    if (error instanceof SmtpFailure) return outcomeOfSmtpFailure(error, [...this.#secrets, ...personal]);
    const reason = toReason(error instanceof Error ? error.message : String(error), this.#secrets);
    return isHostError(error) ? later(reason, { channel: 'failing' }) : later(reason);
  }
}

const isLostBefore = (error: unknown): boolean =>
  error instanceof SmtpFailure &&
  !error.bodyStarted &&
  error.cause.responseCode === undefined &&
  error.cause.code !== 'EENVELOPE' &&
  error.cause.code !== 'EMESSAGE';

/** The server's own id, where the acceptance names one as most do: `250 2.0.0 Ok: queued as 4F2A`. */
const queueId = (response: string): string | undefined => /\bqueued as ([^\s<>]{1,100})/i.exec(response)?.[1];

/** The password as it is, and as it goes over the wire in AUTH, should a server echo what it got. */
function secretForms({ username, password }: SmtpConfig): string[] {
  if (password === undefined) return [];
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return [password, base64(password), base64(`\0${username ?? ''}\0${password}`)];
}

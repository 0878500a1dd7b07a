import {
  type Channel,
  type Host,
  later,
  type Message,
  type Outcome,
  refused,
  sent,
  type TestResult,
  toReason,
} from '@cdp/plugin-kit';
import { mailOf } from '../compose-mail.js';
import { isEmailAddress, parseSender, type Sender } from '../email-address.js';
import type { LocalConfig } from '../email-config.js';
import type { EmailContent } from '../email-content.js';
import { LocalInbox } from '../local-inbox.js';

/** Files at once: enough to share the disk's flushes, few enough to leave the process handles for others. */
const CONCURRENCY = 32;

/** Delivers into {@link LocalInbox}: nothing leaves the machine. */
export class LocalChannel implements Channel<EmailContent> {
  readonly #inbox: LocalInbox;
  readonly #sender: Sender;

  constructor(config: LocalConfig, host: Host) {
    const sender = parseSender(config.from);
    if (!sender) throw new Error('from: not an e-mail address.');
    if (host.directory === undefined) {
      throw new Error(
        'provider: the local inbox needs a disk of its own, which this installation does not give; use smtp.',
      );
    }
    this.#sender = sender;
    this.#inbox = new LocalInbox(host.directory);
  }

  async send(messages: readonly Message<EmailContent>[], host: Host): Promise<Outcome[]> {
    const outcomes = new Array<Outcome>(messages.length);
    let next = 0;
    const lane = async () => {
      for (let at = next++; at < messages.length; at = next++) {
        outcomes[at] = await this.#sendOne(messages[at] as Message<EmailContent>, host);
      }
    };
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, messages.length) }, lane));
    return outcomes;
  }

  async reconcile(messages: readonly Message<EmailContent>[]): Promise<Outcome[]> {
    const found = await Promise.all(messages.map((message) => this.#inbox.has(message.id)));
    return messages.map((message, at) => (found[at] ? sent(message.id) : later('It did not arrive.')));
  }

  async test(): Promise<TestResult> {
    return { ok: true, detail: 'Messages stay on this machine, in the local inbox.' };
  }

  async #sendOne(message: Message<EmailContent>, host: Host): Promise<Outcome> {
    if (!isEmailAddress(message.to)) return refused('Not an e-mail address.', { suppress: 'address' });
    if (host.signal.aborted) return later('Given up before it was written.');
    const now = host.clock.now();
    const { from, subject, html, text, headers } = mailOf(message, this.#sender, now);
    try {
      await this.#inbox.put({
        id: message.id,
        tenantId: message.tenantId,
        profileId: message.profileId,
        campaignId: message.campaignId,
        from,
        to: message.to,
        subject,
        html,
        text,
        headers: Object.fromEntries(headers),
        unsubscribe: message.links.unsubscribe,
        receivedAt: new Date(now).toISOString(),
      });
      return sent(message.id);
    } catch (error) {
      // Put again under its id it is kept once, so `later` is safe whatever was written.
      return later(toReason(error instanceof Error ? error.message : String(error)), { channel: 'failing' });
    }
  }
}

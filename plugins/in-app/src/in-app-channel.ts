import {
  type Channel,
  type Host,
  type HostInbox,
  type InboxEntry,
  later,
  type Message,
  type Outcome,
  refused,
  sent,
  toReason,
  unknown,
} from '@cdp/plugin-kit';
import { readExpiresIn } from './expires-in.js';
import type { InAppConfig } from './in-app-config.js';
import type { InAppContent } from './in-app-content.js';

/** Puts messages into the inboxes that the platform keeps: nothing leaves it. */
export class InAppChannel implements Channel<InAppContent> {
  readonly #config: InAppConfig;

  constructor(config: InAppConfig, host: Host) {
    inboxOf(host);
    this.#config = config;
  }

  async send(messages: readonly Message<InAppContent>[], host: Host): Promise<Outcome[]> {
    const all = (outcome: Outcome): Outcome[] => messages.map(() => outcome);
    if (host.signal.aborted) return all(later('Given up before it was put into the inbox.'));
    const now = host.clock.now();
    try {
      const entries = messages.map((message) => this.#entryOf(message, now));
      const put = await untilAborted(inboxOf(host).put(entries), host.signal);
      return put.map((isIn) => (isIn ? sent() : refused('There is nobody with this inbox.')));
    } catch (error) {
      // Put again under its id a message is there once, so neither of the two sends anything twice.
      if (host.signal.aborted) return all(unknown('Given up while it was put into the inbox.'));
      return all(later(toReason(error instanceof Error ? error.message : String(error)), { channel: 'failing' }));
    }
  }

  #entryOf({ id, profileId, campaignId, to, content }: Message<InAppContent>, now: number): InboxEntry {
    const { expiresIn = this.#config.expiresIn, image, ...shown } = content;
    return {
      id,
      // Only a test says where it goes: to whoever tests, and not to the person whose profile it is rendered with.
      profileId: to === '' ? profileId : to,
      campaignId,
      content: { ...shown, ...(image && { image }) },
      expiresAt: now + (readExpiresIn(expiresIn) ?? 0),
    };
  }
}

function inboxOf(host: Host): HostInbox {
  if (host.inbox) return host.inbox;
  throw new Error('This installation keeps no inboxes for front ends.');
}

/** What `work` comes to, or a rejection as soon as the signal aborts. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

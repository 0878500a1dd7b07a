import type { CallbackRequest } from '../callback.js';
import type { HostInbox } from '../inbox.js';

/** Two accounts at one provider, as two tenants would have. */
export type Account = 'first' | 'second';

/**
 * What the double does with messages that come in from now on.
 *
 * - `accept`: takes them.
 * - `refuse`: refuses each for good, for a reason that lies in the message.
 * - `busy`: asks to come back later.
 * - `down`: nobody listens.
 * - `hang`: reads each message to its end and never answers.
 * - `half`: takes every message whose recipient's number (see {@link ChannelFixture.message}) is even and refuses the others.
 */
export type Behaviour = 'accept' | 'refuse' | 'busy' | 'down' | 'hang' | 'half';

/** A provider for tests: a real server on a loopback port that speaks the provider's protocol. */
export interface ProviderDouble {
  /** A valid configuration that leads here. Secrets differ between the accounts. */
  config(account: Account): unknown;
  behave(behaviour: Behaviour): Promise<void> | void;
  /** Ids of the messages that were taken, each time one was, in their order. */
  taken(account: Account): string[] | Promise<string[]>;
  /** Resolves once so many messages have been read to their end since the last `behave`, answered or not. */
  read(count: number): Promise<void>;
  /** Resolves once the plugin has no connection open here. Connections of `host.fetch` are the host's and do not count. */
  idle(): Promise<void>;
  /** What `host.directory` is, for a plugin that keeps something on disk. */
  directory?: string;
  /** What `host.inbox` is for the tenant of an account, for a plugin that puts messages there: the double itself. */
  inbox?(account: Account): HostInbox;
  stop(): Promise<void>;
}

/** What `channelContract` needs to know of a plugin. */
export interface ChannelFixture {
  start(): Promise<ProviderDouble>;
  /** The behaviours that this provider can show. Default: all. */
  behaviours?: Behaviour[];
  /** Configurations that must be refused, by what is wrong with them. At least one. */
  wrongConfigs: Record<string, unknown>;
  /** Recipient and content of message number `n`. The recipient, or the content where there is none, tells the number to the double. */
  message(n: number): { to: string; content: unknown };
  /** Required of a plugin that promises receipts. */
  callbacks?: CallbackFixture;
}

export interface CallbackFixture {
  /** What the provider posts for this account at this time (milliseconds), with its genuine signature. */
  genuine(config: unknown, at: number): CallbackRequest;
  /** How many events are in it. */
  events: number;
}

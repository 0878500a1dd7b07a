import type { CallbackRequest, DeliveryEvent } from './callback.js';
import type { Host } from './host.js';
import type { Message } from './message.js';
import type { Outcome } from './outcome.js';

/** One opened configuration of a channel. The platform opens one per configuration, calls it from many places at once and closes it. */
export interface Channel<Content = unknown> {
  /**
   * Sends as many as `capabilities.batch.max` allows. Gives back one outcome a message, in their order. One message's trouble is its own
   * outcome and does not stop the others. Throwing is a defect: the platform then counts all of them as `unknown`.
   */
  send(messages: readonly Message<Content>[], host: Host): Promise<Outcome[]>;

  /** What became of messages whose sending had an `unknown` end; again one outcome a message. `later` allows a new attempt. */
  reconcile?(messages: readonly Message<Content>[], host: Host): Promise<Outcome[]>;

  /** Tries the configuration without sending anything to a person. */
  test?(host: Host): Promise<TestResult>;

  /** What the tenant has to enter at the provider. */
  setup?(urls: ChannelUrls): SetupStep[];

  /** True for a callback that this configuration's provider made, recently. Called before `readCallback`, and before anything is parsed. */
  verifyCallback?(request: CallbackRequest, host: Host): boolean | Promise<boolean>;

  /** What a verified callback says. An event of a kind that the platform does not know is left out. */
  readCallback?(request: CallbackRequest): DeliveryEvent[];

  /** Forgets a person at the provider. May be called again for the same person. Throws when it did not work; it is tried again. */
  erase?(identifiers: readonly PersonIdentifier[], host: Host): Promise<void>;

  /** Ends every connection and timer. Called once, after the last `send` settled. */
  close?(): Promise<void>;
}

export type TestResult = { ok: true; detail?: string | undefined } | { ok: false; reason: string };

export interface ChannelUrls {
  /** Where the provider posts its callbacks for this configuration. */
  callback: string;
}

export interface SetupStep {
  title: string;
  /** To be copied. */
  value: string;
  kind: 'url' | 'dns' | 'text';
}

export interface PersonIdentifier {
  /** `email`, `phone`, `userId` … */
  type: string;
  value: string;
}

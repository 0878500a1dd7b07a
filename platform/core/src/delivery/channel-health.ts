import type { Outcome } from '@cdp/plugin-kit';
import type { Clock, Logger } from '../kernel/index.js';
import type { ChannelConfiguration } from './channel-configuration.js';
import type { ChannelStore } from './channel-store.js';

export interface ChannelHealthOptions {
  /** Milliseconds of nothing but failures after which a configuration is disabled. Default 5 days. */
  disableAfterMs?: number;
  /** The longest pause of a failing channel between tries, in milliseconds. Default 60,000. */
  longestPauseMs?: number;
}

/** How one channel configuration fares: slows it down while it fails, and disables it when that lasts. */
export class ChannelHealth {
  readonly #tenantId: string;
  readonly #store: ChannelStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #disableAfterMs: number;
  readonly #longestPauseMs: number;
  #failures = 0;
  #pausedUntil = 0;
  #disabled = false;

  constructor(
    tenantId: string,
    deps: { channels: ChannelStore; clock: Clock; logger: Logger },
    options: ChannelHealthOptions = {},
  ) {
    this.#tenantId = tenantId;
    this.#store = deps.channels;
    this.#clock = deps.clock;
    this.#logger = deps.logger;
    this.#disableAfterMs = options.disableAfterMs ?? 5 * 86_400_000;
    this.#longestPauseMs = options.longestPauseMs ?? 60_000;
  }

  /** It has disabled the channel: nothing more is to be tried until somebody enables it. */
  get disabled(): boolean {
    return this.#disabled;
  }

  /** The channel is enabled, again or still. */
  noteEnabled(): void {
    this.#disabled = false;
  }

  /** Epoch milliseconds before which nothing more is to be tried. */
  get pausedUntil(): number {
    return this.#pausedUntil;
  }

  /** Takes in what came back from one call of the plugin; what it means for the next holds as soon as this returns. */
  async note(channel: ChannelConfiguration, outcomes: readonly Outcome[]): Promise<void> {
    const now = this.#clock.now();
    const gone = outcomes.find((one) => one.kind !== 'sent' && one.channel === 'gone');
    if (gone && gone.kind !== 'sent') return this.#disable(channel, gone.reason, now);
    const failing = outcomes.length > 0 && outcomes.every((one) => one.kind !== 'sent' && one.channel === 'failing');
    if (!failing) {
      this.#failures = 0;
      this.#pausedUntil = 0;
      if (channel.failingSince !== undefined && outcomes.some((one) => one.kind === 'sent'))
        await this.#store.noteWorking(this.#tenantId, channel.id);
      return;
    }
    this.#failures++;
    const pause = Math.min(this.#longestPauseMs, 500 * 2 ** Math.min(this.#failures, 20));
    this.#pausedUntil = now + pause / 2 + (Math.random() * pause) / 2;
    if (channel.failingSince === undefined) return this.#store.noteFailing(this.#tenantId, channel.id, now);
    if (now - channel.failingSince < this.#disableAfterMs) return;
    const days = Math.round(this.#disableAfterMs / 86_400_000);
    const last = outcomes.at(-1);
    const reason = last && last.kind !== 'sent' ? last.reason : '';
    await this.#disable(channel, `Nothing but failures for ${days} days, at last: ${reason}`, now);
  }

  async #disable(channel: ChannelConfiguration, reason: string, now: number): Promise<void> {
    this.#disabled = true;
    await this.#store.disable(this.#tenantId, channel.id, reason.slice(0, 300), now);
    this.#logger.warn('A channel was disabled.', { tenantId: this.#tenantId, channelId: channel.id, reason });
  }
}

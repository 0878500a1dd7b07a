import type { Message, Outcome } from '@cdp/plugin-kit';
import { LRUCache } from 'lru-cache';
import { ContentSkeleton } from '../campaign/index.js';
import type { ChannelHealth } from './channel-health.js';
import type { LaneDeps, LaneOptions, LaneRefs } from './delivery-lane.js';
import type { Chunk } from './lane-pages.js';
import type { OpenedChannel } from './open-channels.js';
import type { LeasedMessage, Settlement } from './outbox-store.js';
import { type SettleContext, settleOutcome } from './settle-outcome.js';
import type { Settler } from './settler.js';

/** Of runs that a lane sends messages of at once. */
const SKELETONS_KEPT = 50;
/** Milliseconds that a plugin gets to notice that its time is over. */
export const ABORT_GRACE_MS = 5_000;
export const CALL_MS = 60_000;

export interface ChannelCallsParts extends LaneRefs {
  deps: LaneDeps;
  options: LaneOptions;
  settler: Settler;
  health: ChannelHealth;
  /** Ends calls that are under way. */
  stop: AbortSignal;
  context(opened: OpenedChannel): SettleContext;
}

/** Hands messages to a plugin and keeps what comes back. */
export class ChannelCalls {
  readonly #parts: ChannelCallsParts;
  readonly #skeletons = new LRUCache<string, ContentSkeleton>({ max: SKELETONS_KEPT });

  constructor(parts: ChannelCallsParts) {
    this.#parts = parts;
  }

  /** Resolves when what became of the messages is stored; `answered` is called before that, when it is known. */
  async make(opened: OpenedChannel, chunk: Chunk, answered: () => void): Promise<void> {
    const { tenantId, deps, settler, health, context } = this.#parts;
    const { idempotent, receipts } = opened.plugin.manifest.capabilities;
    let { messages } = chunk;
    if (!chunk.reconcile && !idempotent) {
      const ids = messages.map((one) => one.id);
      const ours = new Set(await deps.outbox.begin(tenantId, chunk.lease, ids, deps.clock.now()));
      messages = messages.filter((one) => ours.has(one.id));
      if (messages.length === 0) return;
    }
    const outcomes = await this.#outcomes(opened, messages, chunk.reconcile);
    // Before the place is free: the next call must know that the channel is to have a rest.
    const noted = health.note(opened.configuration, outcomes);
    noted.catch(() => undefined);
    answered();
    await this.#suppress(messages, outcomes);
    const settling = context(opened);
    const settlements = messages.map(
      (one, index): Settlement => settleOutcome(settling, one, outcomes[index] as Outcome),
    );
    await settler.settle(chunk.lease, settlements, { keepProviderIds: receipts, unhurried: idempotent });
    await noted;
  }

  /** One outcome a message, whatever the plugin does: throws, gives too few, or never comes back. */
  async #outcomes(opened: OpenedChannel, leased: readonly LeasedMessage[], reconcile: boolean): Promise<Outcome[]> {
    const { tenantId, deps, options, stop } = this.#parts;
    const callMs = options.callMs ?? CALL_MS;
    const messages = await this.#messages(leased);
    const host = opened.host({ timeoutMs: callMs, signal: stop });
    const late = Promise.withResolvers<Outcome[]>();
    const timer = setTimeout(() => late.resolve([]), callMs + ABORT_GRACE_MS);
    timer.unref();
    let outcomes: Outcome[];
    let defect = 'The plugin did not come back in time.';
    try {
      const { channel } = opened;
      const call = reconcile && channel.reconcile ? channel.reconcile(messages, host) : channel.send(messages, host);
      outcomes = await Promise.race([call, late.promise]);
      if (outcomes.length > 0 && outcomes.length !== messages.length) {
        defect = `The plugin gave ${outcomes.length} outcomes for ${messages.length} messages.`;
        outcomes = [];
      }
    } catch (error) {
      defect = error instanceof Error ? error.message : String(error);
      outcomes = [];
    } finally {
      clearTimeout(timer);
    }
    if (outcomes.length === messages.length) return outcomes;
    const plugin = opened.plugin.manifest.name;
    deps.logger.error('A channel plugin failed.', { plugin, tenantId, reason: defect });
    return messages.map(() => ({ kind: 'unknown', reason: defect }));
  }

  async #messages(leased: readonly LeasedMessage[]): Promise<Message[]> {
    const { tenantId, deps } = this.#parts;
    for (const runId of new Set(leased.map((one) => one.runId)))
      if (!this.#skeletons.has(runId))
        this.#skeletons.set(runId, ContentSkeleton.parse(await deps.campaigns.skeleton(tenantId, runId)));
    return leased.map((one) => ({
      id: one.id,
      tenantId,
      profileId: one.profileId,
      campaignId: one.campaignId,
      to: one.address,
      ...(this.#skeletons.get(one.runId) as ContentSkeleton).unpack(one.content),
    }));
  }

  async #suppress(messages: readonly LeasedMessage[], outcomes: readonly Outcome[]): Promise<void> {
    const dead = messages.filter((one, index) => {
      const outcome = outcomes[index];
      return outcome?.kind === 'refused' && outcome.suppress !== undefined && one.address !== '';
    });
    if (dead.length === 0) return;
    await this.#parts.deps.suppressions.add(
      this.#parts.tenantId,
      dead.map((one) => ({ channel: one.channel, address: one.address, reason: 'refused' as const, source: one.id })),
    );
  }
}

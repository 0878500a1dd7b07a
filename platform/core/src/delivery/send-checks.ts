import type { Campaign, CampaignStore } from '../campaign/index.js';
import type { ConsentService, SuppressionService } from '../consent/index.js';
import type { LeasedMessage, Settlement } from './outbox-store.js';
import type { RetrySchedule } from './retry-schedule.js';
import { eventOf } from './settle-outcome.js';

export interface SendChecksDeps {
  campaigns: CampaignStore;
  consent: ConsentService;
  suppressions: SuppressionService;
}

export interface CheckContext {
  tenantId: string;
  channelId: string;
  now: number;
  retries: RetrySchedule;
}

/**
 * Looks once more before sending: between the making of a message and its sending there may be days, and in them a pause, a
 * cancelling, a withdrawn consent or a bounce.
 */
export class SendChecks {
  readonly #deps: SendChecksDeps;

  constructor(deps: SendChecksDeps) {
    this.#deps = deps;
  }

  async split(
    context: CheckContext,
    messages: readonly LeasedMessage[],
  ): Promise<{ send: LeasedMessage[]; settled: Settlement[] }> {
    const settled: Settlement[] = [];
    const campaigns = await this.#campaignsOf(context.tenantId, messages);
    let send = messages.filter((message) => {
      const stop = stoppedBy(context, message, campaigns.get(message.campaignId));
      if (stop) settled.push(stop);
      return !stop;
    });
    for (const [topic, group] of Map.groupBy(send, (message) => message.topic)) {
      const { channel } = group[0] as LeasedMessage;
      const [consents, suppressed] = await Promise.all([
        this.#deps.consent.check(
          context.tenantId,
          channel,
          topic,
          group.map((one) => one.profileId),
        ),
        this.#deps.suppressions.check(
          context.tenantId,
          channel,
          group.map((one) => one.address),
        ),
      ]);
      const dropped = new Set<string>();
      for (const [index, message] of group.entries()) {
        const reason = consents[index] !== 'allowed' ? 'no_consent' : suppressed[index] ? 'suppressed' : undefined;
        if (reason === undefined) continue;
        dropped.add(message.id);
        const event = eventOf(context, message, 'skipped', { reason });
        settled.push({ id: message.id, state: 'skipped', attempted: false, reason, event });
      }
      if (dropped.size > 0) send = send.filter((message) => !dropped.has(message.id));
    }
    return { send, settled };
  }

  async #campaignsOf(tenantId: string, messages: readonly LeasedMessage[]): Promise<Map<string, Campaign>> {
    const found = new Map<string, Campaign>();
    for (const id of new Set(messages.map((message) => message.campaignId))) {
      const campaign = await this.#deps.campaigns.get(tenantId, id);
      if (campaign) found.set(id, campaign);
    }
    return found;
  }
}

function stoppedBy(
  context: CheckContext,
  message: LeasedMessage,
  campaign: Campaign | undefined,
): Settlement | undefined {
  const { id } = message;
  if (campaign?.state === 'paused') return { id, state: 'held', attempted: false };
  if (campaign === undefined || campaign.state === 'cancelled') return { id, state: 'cancelled', attempted: false };
  if (context.now - message.queuedAt > context.retries.maxAgeMs) {
    const reason = 'It waited for too long.';
    const event = eventOf(context, message, 'failed', { reason });
    return { id, state: 'failed', attempted: false, reason, event };
  }
  return undefined;
}

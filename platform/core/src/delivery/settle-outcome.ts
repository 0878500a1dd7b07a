import type { Outcome } from '@cdp/plugin-kit';
import type { DeliveryEvent, DeliveryEventType } from './delivery-event.js';
import type { LeasedMessage, Settlement } from './outbox-store.js';
import type { RetrySchedule } from './retry-schedule.js';

export interface SettleContext {
  tenantId: string;
  channelId: string;
  now: number;
  retries: RetrySchedule;
  /** The receiver drops an id it has seen: an attempt with an unknown end may be repeated. */
  idempotent: boolean;
  /** The plugin can find out what became of a message. */
  reconciles: boolean;
}

const LONGEST_REASON = 300;

export const eventOf = (
  context: Pick<SettleContext, 'tenantId' | 'channelId' | 'now'>,
  message: Pick<LeasedMessage, 'id' | 'campaignId' | 'runId' | 'profileId' | 'channel' | 'topic'>,
  type: DeliveryEventType,
  more: Pick<DeliveryEvent, 'reason' | 'providerId' | 'url'> = {},
): DeliveryEvent => ({
  tenantId: context.tenantId,
  id: `${message.id}-${type}`,
  type,
  messageId: message.id,
  campaignId: message.campaignId,
  runId: message.runId,
  profileId: message.profileId,
  channel: message.channel,
  channelId: context.channelId,
  topic: message.topic,
  at: context.now,
  ...more,
});

/** What an outcome of a plugin makes of a message. */
export function settleOutcome(context: SettleContext, message: LeasedMessage, outcome: Outcome): Settlement {
  const { id } = message;
  if (outcome.kind === 'sent') {
    const { providerId } = outcome;
    const event = eventOf(context, message, 'sent', { providerId });
    return { id, state: 'sent', attempted: true, providerId, event };
  }
  const reason = outcome.reason.slice(0, LONGEST_REASON);
  const failed = (): Settlement => ({
    id,
    state: 'failed',
    attempted: true,
    reason,
    event: eventOf(context, message, 'failed', { reason }),
  });
  const age = context.now - message.queuedAt;
  switch (outcome.kind) {
    case 'refused':
      return failed();
    case 'later': {
      const wait = context.retries.next(message.attempts + 1, age, outcome.afterMs);
      return wait === undefined
        ? failed()
        : { id, state: 'queued', attempted: true, reason, dueAt: context.now + wait };
    }
    case 'unknown': {
      const wait = context.retries.next(message.attempts + 1, age);
      const again = wait !== undefined && (context.idempotent || context.reconciles);
      if (again)
        return {
          id,
          state: context.idempotent ? 'queued' : 'unknown',
          attempted: true,
          reason,
          dueAt: context.now + wait,
        };
      return leftUnknown(context, message, reason, true);
    }
  }
}

/** It may have been sent, nobody can tell, and sending it again could send it twice. */
export const leftUnknown = (
  context: SettleContext,
  message: LeasedMessage,
  reason: string,
  attempted: boolean,
): Settlement => ({
  id: message.id,
  state: 'unknown',
  attempted,
  reason,
  event: eventOf(context, message, 'unknown', { reason }),
});

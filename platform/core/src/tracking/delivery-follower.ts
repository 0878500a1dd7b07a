import type { DeliveryEvent, RecentSends } from '../delivery/index.js';
import type { Clock } from '../kernel/index.js';
import type { Batch, LogRecord } from '../log/index.js';
import { messageRecord } from './message-call.js';

/** What of delivery is an event of the person; the rest is the platform's own business. */
const OUTCOMES = {
  sent: 'sent',
  delivered: 'delivered',
  failed: 'failed',
  bounced: 'bounced',
  opened: 'opened',
  clicked: 'clicked',
  unsubscribed: 'unsubscribed',
  complained: 'complained',
} as const;

const isEvent = (type: string): type is keyof typeof OUTCOMES => Object.hasOwn(OUTCOMES, type);

/** Turns delivery events into events of the people they are about. Reads `cdp.campaign.delivery.events`. */
export class DeliveryFollower {
  readonly #sends: RecentSends;
  readonly #clock: Clock;

  constructor(deps: { sends: RecentSends; clock: Clock }) {
    this.#sends = deps.sends;
    this.#clock = deps.clock;
  }

  /** A handler of the log. The id of an event is that of what happened, so what is published twice counts once. */
  readonly handle = async (batch: Batch): Promise<LogRecord[]> => {
    const now = this.#clock.now();
    return batch.records.flatMap((record): LogRecord[] => {
      const event = JSON.parse(record.value.toString()) as DeliveryEvent;
      if (event.type === 'sent') this.#sends.note(event.messageId, event.at, now);
      if (!isEvent(event.type)) return [];
      const { reason, url, at } = event;
      const properties = {
        ...(reason !== undefined && { reason }),
        ...(url !== undefined && { url }),
        ...((event.type === 'opened' || event.type === 'clicked') && { machine: false }),
      };
      return [
        messageRecord({ message: event, outcome: OUTCOMES[event.type], id: event.id, at, receivedAt: now, properties }),
      ];
    });
  };
}

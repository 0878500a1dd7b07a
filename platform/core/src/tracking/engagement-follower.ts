import type { CampaignMessage, MessageStore } from '../campaign/index.js';
import type { ConsentService, SuppressionService } from '../consent/index.js';
import type { Inboxes } from '../delivery/index.js';
import type { Clock } from '../kernel/index.js';
import type { Batch, LogRecord } from '../log/index.js';
import type { EnrichedRecord, ErasureLedger, EventRecord } from '../profile/index.js';
import { MESSAGE_EVENTS } from '../segment/index.js';
import type { ConversionGoals, Goals } from './conversion-goals.js';
import type { Engagement, EngagementStore, EngagementType } from './engagement-store.js';
import { messageRecord } from './message-call.js';

export interface EngagementFollowerDeps {
  engagements: EngagementStore;
  messages: MessageStore;
  inboxes: Inboxes;
  goals: ConversionGoals;
  consent: ConsentService;
  suppressions: SuppressionService;
  erasures: ErasureLedger;
  clock: Clock;
}

const TYPES: Readonly<Record<string, EngagementType>> = {
  [MESSAGE_EVENTS.opened]: 'opened',
  [MESSAGE_EVENTS.clicked]: 'clicked',
  [MESSAGE_EVENTS.dismissed]: 'dismissed',
  [MESSAGE_EVENTS.unsubscribed]: 'unsubscribed',
  [MESSAGE_EVENTS.converted]: 'converted',
  'Message Complained': 'complained',
};

const MESSAGE_MARK = Buffer.from('"type":"message"');
/** Most messages are only sent: that is not even parsed. */
const SENT_MARK = Buffer.from(`"name":${JSON.stringify(MESSAGE_EVENTS.sent)}`);
/** `unmerge` ends like `merge`. */
const KIND_MARKS = ['merge"', '"kind":"erase"'].map((mark) => Buffer.from(mark));
const BURST_MS = 2_000;

/**
 * Reads `cdp.events.enriched` for what concerns messages: what people did with them, events that are the aim of a campaign, and
 * merges and erasures of the people they were for. Most records are none of these and are not even parsed.
 */
export class EngagementFollower {
  readonly #deps: EngagementFollowerDeps;

  constructor(deps: EngagementFollowerDeps) {
    this.#deps = deps;
  }

  /** A handler of the log. Every effect is idempotent; the conversions that it finds enter the log with its position. */
  readonly handle = async (batch: Batch): Promise<LogRecord[]> => {
    const goals = await this.#deps.goals.current();
    const engagements = new Map<string, Engagement[]>();
    const candidates: EventRecord[] = [];
    for (const { value } of batch.records) {
      if (!this.#concerns(value)) continue;
      const record = JSON.parse(value.toString()) as EnrichedRecord;
      if (record.kind === 'merge') await this.#merged(record.tenantId, record.profileId, record.into);
      else if (record.kind === 'unmerge') await this.#unmerged(record.tenantId, record.restored);
      else if (record.kind === 'erase') await this.#erased(record.tenantId, record.profileId, record.receiptId);
      else if (record.kind === 'event' && record.event.type === 'message') {
        const engagement = engagementOf(record);
        if (!engagement) continue;
        const known = engagements.get(record.tenantId);
        if (known) known.push(engagement);
        else engagements.set(record.tenantId, [engagement]);
      } else if (record.kind === 'event' && goals.get(record.tenantId)?.has(record.event.name)) candidates.push(record);
    }
    for (const [tenantId, some] of engagements) await this.#deps.engagements.add(tenantId, some, BURST_MS);
    return candidates.length === 0 ? [] : this.#conversions(goals, candidates);
  };

  #concerns(value: Buffer): boolean {
    return (
      (value.includes(MESSAGE_MARK) && !value.includes(SENT_MARK)) ||
      KIND_MARKS.some((mark) => value.includes(mark)) ||
      this.#deps.goals.mayConcern(value)
    );
  }

  /** Each event counts for the last message that was sent before it, within its campaign's time. */
  async #conversions(goals: Goals, candidates: readonly EventRecord[]): Promise<LogRecord[]> {
    const found: LogRecord[] = [];
    const now = this.#deps.clock.now();
    for (const [tenantId, records] of Map.groupBy(candidates, (record) => record.tenantId)) {
      const profileIds = [...new Set(records.map((record) => record.profileId))];
      const campaignIds = [...(goals.get(tenantId)?.values() ?? [])].flat().map((goal) => goal.campaignId);
      const messages = await this.#deps.messages.sentTo(tenantId, profileIds, [...new Set(campaignIds)]);
      for (const { profileId, event } of records) {
        const within = new Map(
          goals
            .get(tenantId)
            ?.get(event.name)
            ?.map((goal) => [goal.campaignId, goal.withinMs] as const),
        );
        const message = lastBefore(messages.get(profileId) ?? [], event.timestamp, within);
        if (!message) continue;
        found.push(
          messageRecord({
            message: { ...message, tenantId, messageId: message.id, profileId },
            outcome: 'converted',
            id: `${message.id}-converted-${event.messageId}`.slice(0, 255),
            at: event.timestamp,
            receivedAt: now,
            properties: { event: event.name, eventId: event.messageId },
          }),
        );
      }
    }
    return found;
  }

  async #merged(tenantId: string, from: string, into: string): Promise<void> {
    await this.#deps.consent.merged(tenantId, from);
    await this.#deps.messages.move(tenantId, from, into);
    await this.#deps.engagements.move(tenantId, from, into);
    await this.#deps.inboxes.merged(tenantId, from, into);
  }

  async #unmerged(tenantId: string, restored: string): Promise<void> {
    await this.#deps.consent.follow(tenantId, restored);
    await this.#deps.inboxes.follow(tenantId, restored);
  }

  async #erased(tenantId: string, profileId: string, receiptId: string): Promise<void> {
    const addresses = await this.#deps.messages.addressesOf(tenantId, profileId);
    const channels = [...new Set(addresses.map((one) => one.channel))];
    await this.#deps.suppressions.forget(tenantId, channels, [...new Set(addresses.map((one) => one.address))]);
    const messages = await this.#deps.messages.erase(tenantId, profileId);
    const inApp = await this.#deps.inboxes.erase(tenantId, profileId);
    const events = await this.#deps.engagements.erase(tenantId, profileId);
    const consents = await this.#deps.consent.erase(tenantId, profileId);
    const what = `address and content of ${messages} messages, ${inApp} messages in the inbox, ${events} openings and clicks, ${consents} consents`;
    await this.#deps.erasures.done(tenantId, receiptId, 'messages', profileId, what);
  }
}

function engagementOf({ profileId, event }: EventRecord): Engagement | undefined {
  const type = TYPES[event.name];
  const { campaignId, deliveryId, machine, reason, url } = event.properties;
  if (!type || typeof campaignId !== 'string' || typeof deliveryId !== 'string') return undefined;
  return {
    eventId: event.messageId,
    campaignId,
    messageId: deliveryId,
    profileId,
    type,
    at: event.timestamp,
    machine: machine === true,
    ...(typeof reason === 'string' && { reason }),
    ...(typeof url === 'string' && { url }),
  };
}

function lastBefore(
  messages: readonly CampaignMessage[],
  at: number,
  within: ReadonlyMap<string, number>,
): CampaignMessage | undefined {
  let last: CampaignMessage | undefined;
  for (const message of messages) {
    const ms = within.get(message.campaignId);
    const { sentAt } = message;
    if (ms === undefined || sentAt === undefined || sentAt > at || at - sentAt > ms) continue;
    if (last?.sentAt === undefined || sentAt >= last.sentAt) last = message;
  }
  return last;
}

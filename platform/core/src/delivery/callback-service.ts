import type { CallbackRequest, DeliveryEvent as ProviderEvent } from '@cdp/plugin-kit';
import type { CampaignMessage, MessageState } from '../campaign/index.js';
import type { ConsentService, NewSuppression, SuppressionService } from '../consent/index.js';
import { CdpError, type Clock, notFound } from '../kernel/index.js';
import type { ChannelStore } from './channel-store.js';
import type { DeliveryPublisher } from './delivery-publisher.js';
import type { OpenChannels } from './open-channels.js';
import type { OutboxStore, ReportedChange } from './outbox-store.js';
import { eventOf } from './settle-outcome.js';

export interface CallbackServiceDeps {
  channels: ChannelStore;
  open: OpenChannels;
  outbox: OutboxStore;
  suppressions: SuppressionService;
  consent: ConsentService;
  publisher: DeliveryPublisher;
  clock: Clock;
}

/** Takes in what providers report about messages that they got. */
export class CallbackService {
  readonly #deps: CallbackServiceDeps;

  constructor(deps: CallbackServiceDeps) {
    this.#deps = deps;
  }

  /**
   * Answers how many of the reported events belong to messages that are known here.
   *
   * @throws CdpError `not_found` for an unknown configuration, `unauthenticated` for a request that the provider did not make.
   */
  async receive(channelId: string, request: CallbackRequest): Promise<number> {
    const tenantId = await this.#deps.channels.tenantOf(channelId);
    if (tenantId === undefined) throw notFound('channel');
    const events = await this.#deps.open.use(tenantId, channelId, async ({ channel, host }) => {
      if (!channel.verifyCallback || !channel.readCallback) throw notFound('callback of this channel');
      if (!(await channel.verifyCallback(request, host({ timeoutMs: 10_000 }))))
        throw new CdpError('unauthenticated', 'This callback is not signed by the provider.');
      return channel.readCallback(request);
    });
    return this.#take(tenantId, channelId, events);
  }

  async #take(tenantId: string, channelId: string, events: readonly ProviderEvent[]): Promise<number> {
    const messages = await this.#deps.outbox.find(tenantId, channelId, {
      ids: events.flatMap((one) => one.messageId ?? []),
      providerIds: events.flatMap((one) => one.providerId ?? []),
    });
    const byId = new Map(messages.map((one) => [one.id, one]));
    const byProviderId = new Map(
      messages.flatMap((one) => (one.providerId === undefined ? [] : [[one.providerId, one]])),
    );
    const now = this.#deps.clock.now();
    const changes: ReportedChange[] = [];
    const dead: NewSuppression[] = [];
    for (const event of events) {
      const message = byId.get(event.messageId ?? '') ?? byProviderId.get(event.providerId ?? '');
      if (!message) continue;
      const { reason } = event;
      changes.push({
        messageId: message.id,
        state: stateAfter(event),
        reason,
        event: {
          ...eventOf({ tenantId, channelId, now: event.at }, message, event.type, { reason, url: event.url }),
          id: `${message.id}-${event.type}-${event.id}`.slice(0, 255),
        },
      });
      const suppression = suppressionOf(event, message);
      if (suppression) dead.push(suppression);
      if (event.type === 'complained' || event.type === 'unsubscribed')
        await this.#deps.consent.set(tenantId, message.profileId, [
          { channel: message.channel, status: 'denied', at: event.at, source: event.type },
        ]);
    }
    await this.#deps.suppressions.add(tenantId, dead);
    await this.#deps.outbox.report(tenantId, changes, now);
    this.#deps.publisher.nudge();
    return changes.length;
  }
}

const stateAfter = ({ type }: ProviderEvent): MessageState | undefined =>
  type === 'delivered' || type === 'bounced' ? type : undefined;

function suppressionOf(event: ProviderEvent, message: CampaignMessage): NewSuppression | undefined {
  const { channel, address, id } = message;
  if (address === '') return undefined;
  if (event.type === 'complained') return { channel, address, reason: 'complained', source: id };
  if (event.suppress !== undefined) return { channel, address, reason: 'bounced', source: id };
  return undefined;
}

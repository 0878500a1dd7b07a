import type { DeliveryEvent as ProviderEvent } from '@cdp/plugin-kit';
import type { SkipReason } from '../campaign/index.js';

export type DeliveryEventType = 'sent' | 'failed' | 'unknown' | 'skipped' | ProviderEvent['type'];

/** A record of `cdp.campaign.delivery.events`: one thing that became of a message. The key is tenant and profile. */
export interface DeliveryEvent {
  tenantId: string;
  /** The same when it is published again. Take each once. */
  id: string;
  type: DeliveryEventType;
  messageId: string;
  campaignId: string;
  runId: string;
  profileId: string;
  channel: string;
  channelId: string;
  topic: string;
  /** Epoch milliseconds. */
  at: number;
  reason?: string | SkipReason | undefined;
  providerId?: string | undefined;
  /** With `clicked`. */
  url?: string | undefined;
}

import type { Page, PageRequest } from '../kernel/index.js';
import type { CampaignMessage, MessageState } from './message.js';

export interface StateCount {
  state: MessageState;
  /** Given for `skipped` alone. */
  reason?: string | undefined;
  /** Different people. */
  people: number;
  messages: number;
}

/** What became of the messages of campaigns. A tenant sees its own alone. */
export abstract class MessageStore {
  abstract get(tenantId: string, id: string): Promise<CampaignMessage | undefined>;

  abstract list(
    tenantId: string,
    campaignId: string,
    page: PageRequest & { state?: MessageState | undefined },
  ): Promise<Page<CampaignMessage>>;

  /** The newest first. */
  abstract ofProfile(tenantId: string, profileId: string, page: PageRequest): Promise<Page<CampaignMessage>>;

  /** `onePerPerson`: the caller knows that nobody has two, which saves telling people apart. */
  abstract counts(tenantId: string, campaignId: string, onePerPerson?: boolean): Promise<StateCount[]>;

  /** How many messages there are, the skipped ones included. */
  abstract total(tenantId: string, campaignId: string): Promise<number>;

  /** How many messages each person got, or is about to get, since an instant; those with none are left out. */
  abstract recentOf(tenantId: string, profileIds: readonly string[], since: number): Promise<Map<string, number>>;

  /** True while a message of the campaign is queued, held or being sent. */
  abstract hasLive(tenantId: string, campaignId: string): Promise<boolean>;

  /** Cancels up to `limit` messages that wait; answers how many, so that the caller goes on until there are none. */
  abstract cancelWaiting(tenantId: string, campaignId: string, at: number, limit: number): Promise<number>;

  /** Queues up to `limit` held messages again. */
  abstract releaseHeld(tenantId: string, campaignId: string, at: number, limit: number): Promise<number>;

  /** What the campaigns sent to each person; those who got nothing are left out. */
  abstract sentTo(
    tenantId: string,
    profileIds: readonly string[],
    campaignIds: readonly string[],
  ): Promise<Map<string, CampaignMessage[]>>;

  /** Where messages to a person went. */
  abstract addressesOf(tenantId: string, profileId: string): Promise<{ channel: string; address: string }[]>;

  /** After a merge: messages to `from` count for `into`, but for those of a run that reached both. */
  abstract move(tenantId: string, from: string, into: string): Promise<void>;

  /** Of an erased person: the address, the content and the reason go, the counts stay. */
  abstract erase(tenantId: string, profileId: string): Promise<number>;
  abstract deleteTenant(tenantId: string): Promise<void>;
}

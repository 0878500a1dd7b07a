import type { Page, PageRequest } from '../kernel/index.js';
import type { Campaign, CampaignRun, CampaignState } from './campaign.js';
import type { NewMessage } from './message.js';

export interface CampaignRefOf {
  tenantId: string;
  id: string;
}

/** A page of the audience made into messages. */
export interface FannedOut {
  /** Position of the run before the page: the page is stored where the run stands there, or not at all. */
  from: number;
  position: number;
  cursor: string | null;
  /** True when the page was the last. */
  last: boolean;
  messages: readonly NewMessage[];
  /** Epoch milliseconds: queued from then on. */
  at: number;
}

/**
 * Campaigns and their runs.
 *
 * - A campaign changes by compare-and-set on its version alone, so of two people who press a button one is refused.
 * - `fire` starts the run and moves the campaign to `running` in one transaction, once for each instant, whoever asks.
 * - A run is worked on under a lease. Every write names it and is refused (answers false) when the lease is another's by now.
 * - `advance` stores the messages of a page and the run's position in one transaction: a crash leaves both or neither. It is
 *   refused unless the campaign is running, so that nothing is queued after a pause or a cancelling was answered.
 * - A tenant sees its own alone. `due` and `openRuns` look over all tenants and give back nothing but names.
 */
export abstract class CampaignStore {
  abstract insert(tenantId: string, campaign: Campaign): Promise<void>;
  abstract get(tenantId: string, id: string): Promise<Campaign | undefined>;
  abstract replace(tenantId: string, campaign: Campaign, expectedVersion: number): Promise<boolean>;
  /** The newest first. */
  abstract list(tenantId: string, page: PageRequest & { state?: CampaignState | undefined }): Promise<Page<Campaign>>;
  /** Of a campaign without messages. */
  abstract delete(tenantId: string, id: string, expectedVersion: number): Promise<boolean>;
  /** Campaigns that use a template or a channel and are not at their end. */
  abstract using(
    tenantId: string,
    by: { templateId: string } | { channelId: string } | { segmentId: string },
  ): Promise<string[]>;

  /** Every launched campaign that has an aim, of all tenants. */
  abstract withConversion(): Promise<{ tenantId: string; campaign: Campaign }[]>;
  /** Nobody can convert for a campaign that is over any more: it is not among those with an aim from now on. */
  abstract endConversion(tenantId: string, id: string): Promise<void>;

  /** Scheduled campaigns whose time has come. */
  abstract due(now: number, limit: number): Promise<CampaignRefOf[]>;
  /** The next instant at which a campaign is due. */
  abstract nextDueAt(): Promise<number | undefined>;
  abstract fire(tenantId: string, campaign: Campaign, expectedVersion: number, run: CampaignRun): Promise<boolean>;

  /** Runs that are not done and whose lease, if any, is over. */
  abstract openRuns(now: number, limit: number): Promise<CampaignRefOf[]>;
  abstract run(tenantId: string, runId: string): Promise<CampaignRun | undefined>;
  abstract runsOf(tenantId: string, campaignId: string): Promise<CampaignRun[]>;

  /** Takes or renews a lease; false while another holds it. */
  abstract lease(tenantId: string, runId: string, lease: string, now: number, until: number): Promise<boolean>;
  abstract release(tenantId: string, runId: string, lease: string): Promise<void>;
  /** `skeleton`: what the contents of the run's messages have in common, see `ContentSkeleton`. */
  abstract setAudience(
    tenantId: string,
    runId: string,
    lease: string,
    audience: number,
    skeleton: string,
  ): Promise<boolean>;
  abstract skeleton(tenantId: string, runId: string): Promise<string | undefined>;
  abstract advance(tenantId: string, run: CampaignRun, lease: string, page: FannedOut): Promise<boolean>;
  abstract finishRun(tenantId: string, runId: string, lease: string, at: number): Promise<boolean>;

  /** Ends every lease. Only for a process that knows that it is alone: those who held them are gone. */
  abstract expireLeases(): Promise<void>;

  abstract deleteTenant(tenantId: string): Promise<void>;
}

import type { CampaignMessage, CampaignRun, FannedOut } from '@cdp/core/campaign';
import type { SqlDatabase } from './database.js';

export interface MessageRow {
  id: string;
  campaign_id: string;
  run_id: string;
  step: string;
  profile_id: string;
  channel: string;
  channel_id: string;
  topic: string;
  address: string;
  state: CampaignMessage['state'];
  reason: string | null;
  attempts: number;
  provider_id: string | null;
  queued_at: number;
  sent_at: number | null;
  updated_at: number;
}

/** What a message shows; its content and lease are for delivery alone. */
export const MESSAGE_COLUMNS =
  'id, campaign_id, run_id, step, profile_id, channel, channel_id, topic, address, state, reason, attempts, provider_id, queued_at, sent_at, updated_at';

export const messageOf = (row: MessageRow): CampaignMessage => ({
  id: row.id,
  campaignId: row.campaign_id,
  runId: row.run_id,
  step: row.step,
  profileId: row.profile_id,
  channel: row.channel,
  channelId: row.channel_id,
  topic: row.topic,
  address: row.address,
  state: row.state,
  ...(row.reason !== null && { reason: row.reason }),
  attempts: row.attempts,
  ...(row.provider_id !== null && { providerId: row.provider_id }),
  queuedAt: row.queued_at,
  ...(row.sent_at !== null && { sentAt: row.sent_at }),
  updatedAt: row.updated_at,
});

const INSERTED = [
  'tenant_id',
  'id',
  'campaign_id',
  'run_id',
  'step',
  'profile_id',
  'channel',
  'channel_id',
  'topic',
  'target',
  'address',
  'state',
  'reason',
  'attempts',
  'due_at',
  'queued_at',
  'updated_at',
  'content',
] as const;

/** Inside the caller's transaction. A recipient that the run has already keeps the message it has. */
export async function insertMessages(
  db: SqlDatabase,
  tenantId: string,
  run: CampaignRun,
  page: FannedOut,
): Promise<void> {
  const { at } = page;
  await db.insertRows(
    'campaign_messages',
    INSERTED,
    page.messages.map((one) => [
      tenantId,
      one.id,
      run.campaignId,
      run.id,
      one.step,
      one.profileId,
      run.channel,
      run.channelId,
      run.topic,
      one.target,
      one.address,
      one.skipped ? 'skipped' : 'queued',
      one.skipped ? reasonOf(one.skipped) : null,
      0,
      one.skipped ? null : at,
      at,
      at,
      one.skipped ? null : one.content,
    ]),
    { ignoreDuplicates: true },
  );
}

/** `render_failed: subject: …`: what comes after the colon is for people, and not counted by. */
const reasonOf = ({ reason, detail }: { reason: string; detail?: string }): string =>
  (detail === undefined ? reason : `${reason}: ${detail}`).slice(0, 300);

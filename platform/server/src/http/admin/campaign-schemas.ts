import { CAMPAIGN_STATES, MESSAGE_STATES, newCampaignSchema } from '@cdp/core/campaign';
import { pageQuerySchema, timeSchema } from '@cdp/tenant-admin-api';
import { z } from 'zod';

export const campaignSchema = newCampaignSchema
  .extend({
    id: z.string(),
    channel: z.string(),
    state: z.enum(CAMPAIGN_STATES),
    version: z.int(),
    fireAt: timeSchema.nullable(),
    launchedAt: timeSchema.nullable(),
    finishedAt: timeSchema.nullable(),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'Campaign' });

export const campaignQuerySchema = pageQuerySchema.extend({ state: z.enum(CAMPAIGN_STATES).optional() });

export const messageSchema = z
  .object({
    id: z.string(),
    campaignId: z.string(),
    profileId: z.string(),
    channel: z.string(),
    address: z.string(),
    state: z.enum(MESSAGE_STATES),
    reason: z.string().nullable().meta({ description: 'Why it was skipped, or failed.' }),
    attempts: z.int(),
    providerId: z.string().nullable(),
    queuedAt: timeSchema,
    sentAt: timeSchema.nullable(),
    updatedAt: timeSchema,
  })
  .meta({ id: 'CampaignMessage' });

export const messageQuerySchema = pageQuerySchema.extend({ state: z.enum(MESSAGE_STATES).optional() });

const count = z.int();
const figures = {
  skipped: z.record(z.string(), count).meta({ description: 'By reason.' }),
  queued: count,
  sent: count,
  delivered: count,
  failed: count,
  bounced: count,
  unknown: count,
  cancelled: count,
  opened: count,
  clicked: count,
  dismissed: count,
  unsubscribed: count,
  complained: count,
  converted: count,
  machineOpened: count,
  machineClicked: count,
};

export const reportSchema = z
  .object({
    audience: count,
    ...figures,
    raw: z.object(figures).meta({ description: 'The same figures as plain counts instead of people.' }),
    byLink: z.array(z.object({ url: z.string(), clicked: count, raw: count })),
    asOf: timeSchema,
  })
  .meta({ id: 'CampaignReport', description: 'People, each counted once in a figure.' });

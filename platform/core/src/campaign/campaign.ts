import { z } from 'zod';
import { parseDuration } from '../kernel/index.js';

export const CAMPAIGN_STATES = ['draft', 'scheduled', 'running', 'paused', 'completed', 'cancelled'] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

const name = z.string().trim().min(1).max(200);
const id = z.string().min(1).max(64);
const duration = z
  .string()
  .refine((text) => (parseDuration(text) ?? 0) > 0, 'A duration such as 7d or 12h.')
  .meta({ examples: ['7d'] });

export const scheduleSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('now') }),
  z.strictObject({ type: z.literal('at'), at: z.iso.datetime({ offset: true }) }),
]);

/** What counts as the aim of a campaign: an event by name, within a time after the message was sent. */
export const conversionSchema = z.strictObject({
  event: z.string().min(1).max(255),
  within: duration,
});

export const newCampaignSchema = z.strictObject({
  name,
  channelId: id,
  templateId: id,
  audience: z.strictObject({ segmentId: id }),
  schedule: scheduleSchema,
  /** What the messages are about, for consent by topic. */
  topic: z.string().min(1).max(100).optional(),
  conversion: conversionSchema.optional(),
});
export const campaignPatchSchema = newCampaignSchema.partial();

export type NewCampaign = z.infer<typeof newCampaignSchema>;
export type CampaignPatch = z.infer<typeof campaignPatchSchema>;
export type Schedule = z.infer<typeof scheduleSchema>;
export type Conversion = z.infer<typeof conversionSchema>;

/** All times are epoch milliseconds. */
export interface Campaign {
  id: string;
  name: string;
  channelId: string;
  /** What people are reached by; that of the channel configuration. */
  channel: string;
  templateId: string;
  segmentId: string;
  schedule: Schedule;
  /** The empty string for none. */
  topic: string;
  conversion?: Conversion | undefined;
  state: CampaignState;
  /** What `paused` goes back to. */
  pausedFrom?: 'scheduled' | 'running' | undefined;
  /** When it is to fire, while it is scheduled. */
  fireAt?: number | undefined;
  /** Grows by one with every change. */
  version: number;
  createdAt: number;
  updatedAt: number;
  launchedAt?: number | undefined;
  finishedAt?: number | undefined;
}

/** One firing of a campaign: a fixed audience, a fixed template, and how far the making of its messages has come. */
export interface CampaignRun {
  id: string;
  campaignId: string;
  /** The instant it stands for: a campaign has one run for each. */
  fireAt: number;
  /** `snapshot`: the audience is to be fixed. `fan_out`: messages are made. `sending`: all are made. `done`: all have an end. */
  state: 'snapshot' | 'fan_out' | 'sending' | 'done';
  channelId: string;
  channel: string;
  segmentId: string;
  templateId: string;
  templateVersion: number;
  topic: string;
  /** Size of the audience, once it is fixed. */
  audience: number;
  /** Cursor of the next page of the audience; null before the first page and after the last. */
  cursor: string | null;
  /** How many people of the audience are behind it. */
  position: number;
  startedAt: number;
  finishedAt?: number | undefined;
}

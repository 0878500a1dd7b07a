import { MESSAGE_STATES } from '@cdp/core/campaign';
import { z } from 'zod';

const time = z.iso.datetime({ offset: true });
const id = z.string().max(255);
const free = z.record(z.string(), z.unknown());

const who = {
  userId: id.optional().describe('The id that the tenant knows the person by.'),
  anonymousId: id.optional().describe('The id of a visitor that is not known yet. One of the two is needed.'),
};

const about = {
  messageId: id.optional().describe('Unique for the event; one that comes again within the window is dropped.'),
  timestamp: time.optional().describe('When it happened, by the clock of the sender.'),
  sentAt: time.optional().describe('When it was sent, by the same clock: corrects the timestamp against the arrival.'),
  context: free.optional(),
};

export const callSchema = z
  .object({
    ...who,
    ...about,
    event: z.string().max(255).optional().describe('Of a track call: its name.'),
    name: z.string().max(255).optional().describe('Of a page or screen call.'),
    category: z.string().max(255).optional(),
    properties: free.optional(),
    traits: free.optional(),
    groupId: id.optional(),
    previousId: id.optional().describe('Of an alias call.'),
    writeKey: z.string().optional().describe('The app key, where it is not in a header.'),
  })
  .meta({ id: 'Call', description: 'A call of the Segment spec. Fields that the spec does not name are left behind.' });

const TYPES = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const;

export const batchedCallSchema = callSchema.extend({ type: z.enum(TYPES) }).meta({ id: 'BatchedCall' });

export const batchSchema = z
  .object({
    batch: z.array(batchedCallSchema).max(2_500),
    sentAt: time.optional(),
    writeKey: z.string().optional(),
  })
  .meta({ id: 'Batch' });

export const eventSchema = callSchema
  .extend({ type: z.enum(TYPES).optional().describe('Default: track.') })
  .meta({ id: 'Event', description: 'A call whose type may be left out; the name of a track call may be `name`.' });

export const eventsSchema = z
  .union([eventSchema, z.object({ events: z.array(eventSchema).max(2_500) })])
  .meta({ id: 'Events' });

export const userSchema = z
  .strictObject({
    ...who,
    ...about,
    identifiers: z
      .union([z.array(z.object({ type: z.string(), value: z.string() })), z.record(z.string(), z.string())])
      .optional()
      .describe('Identifiers of other types, such as those of a loyalty card.'),
    traits: free.optional().describe('`null` removes a trait.'),
  })
  .meta({ id: 'User' });

export const usersSchema = z
  .union([userSchema, z.object({ users: z.array(userSchema).max(2_500) })])
  .meta({ id: 'Users' });

export const deviceSchema = z
  .strictObject({
    ...who,
    ...about,
    token: z.string().min(1).max(4_096).describe('The push token.'),
    platform: z.enum(['ios', 'android', 'web']),
    name: z.string().optional(),
  })
  .meta({ id: 'Device' });

export const answerSchema = z
  .object({
    success: z.literal(true),
    accepted: z.int().describe('How many are durable.'),
    rejected: z.array(
      z.object({ index: z.int(), messageId: z.string().optional(), code: z.string(), message: z.string() }),
    ),
  })
  .meta({ id: 'WriteAnswer' });

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z
      .string()
      .describe('invalid, unauthenticated, forbidden, not_found, conflict, too_large, over_quota, unavailable, …'),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })),
    correlationId: z.string(),
  })
  .meta({ id: 'Problem', description: 'An error (RFC 9457).' });

export const importJobSchema = z
  .object({
    id: z.string(),
    state: z.enum(['queued', 'running', 'completed', 'failed']),
    format: z.enum(['csv', 'ndjson']),
    bytes: z.int(),
    rows: z.int(),
    accepted: z.int(),
    rejected: z.int(),
    problem: z.string().optional().describe('Why it failed as a whole.'),
    createdAt: time,
    finishedAt: time.nullable(),
    rejectedRows: z.string().describe('Path of the rows that were not taken.'),
  })
  .meta({ id: 'ImportJob' });

export const eventStatusSchema = z
  .object({
    messageId: z.string(),
    state: z
      .enum(['accepted', 'processed', 'rejected'])
      .describe(
        'accepted: durable, its turn comes; processed: on the timeline of a person; rejected: refused, see code.',
      ),
    receivedAt: time,
    timestamp: time.optional(),
    type: z.string().optional(),
    name: z.string().optional(),
    profileId: z.string().optional(),
    segments: z
      .array(z.object({ segmentId: z.string(), since: time }))
      .optional()
      .describe('The segments that the person is in.'),
    messages: z
      .array(
        z.object({
          id: z.string(),
          campaignId: z.string(),
          channel: z.string(),
          relation: z
            .enum(['about', 'converted'])
            .describe('about: the event tells of this message; converted: the event counts as its success.'),
          state: z.enum(MESSAGE_STATES).optional().describe('Where the message stands now.'),
        }),
      )
      .optional()
      .describe('The messages that the event is tied to.'),
    code: z.string().optional().describe('Why it was rejected.'),
    path: z.string().optional(),
    message: z.string().optional(),
  })
  .meta({ id: 'EventStatus' });

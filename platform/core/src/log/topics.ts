/** The topics of the platform. A consumed topic has a dead-letter topic beside it: `<topic>.dlq`. */
export const TOPICS = {
  raw: 'cdp.ingestion.raw',
  rejected: 'cdp.ingestion.rejected',
  enriched: 'cdp.events.enriched',
  profileCreated: 'cdp.profile.created',
  profileUpdated: 'cdp.profile.updated',
  profileMerged: 'cdp.profile.merged',
  profileDeleted: 'cdp.profile.deleted',
  segmentJobs: 'cdp.segment.jobs',
  segmentFileJobs: 'cdp.segment.file.jobs',
  membership: 'cdp.segment.membership',
  delivery: 'cdp.campaign.delivery.events',
  consentUpdated: 'cdp.consent.updated',
  importJobs: 'cdp.import.jobs',
  importRecords: 'cdp.import.records',
} as const;

export type Topic = string;

export const deadLetterOf = (topic: Topic): Topic => `${topic}.dlq`;

import { z } from 'zod';
import { duration, size, wholeNumber } from './setting.js';

export const ingestSettings = z.object({
  CDP_INGEST_MAX_EVENT: size()
    .prefault('32KB')
    .describe('Largest single event; a larger one is refused, the rest of its batch is taken.'),
  CDP_INGEST_MAX_REQUEST: size().prefault('4MB').describe('Largest request body, after inflating. Larger: 413.'),
  CDP_INGEST_MAX_BATCH: wholeNumber(1, 100_000).prefault('2500').describe('Most events of one request. More: 413.'),
  CDP_INGEST_MAX_PENDING: size()
    .prefault('64MB')
    .describe('Bytes that may wait for the disk before the write API answers 503 with Retry-After.'),
  CDP_DEDUPE_WINDOW: duration()
    .prefault('24h')
    .describe('How long a messageId is remembered, so that a second event with it is dropped.'),
  CDP_IMPORT_MAX_FILE: size().prefault('1GB').describe('Largest file of a bulk import. Larger: 413.'),
});

export interface IngestConfig {
  maxEventBytes: number;
  maxRequestBytes: number;
  maxBatchEvents: number;
  maxPendingBytes: number;
  dedupeWindowMs: number;
  importMaxFileBytes: number;
}

export const ingestConfig = ingestSettings.transform(
  (env): IngestConfig => ({
    maxEventBytes: env.CDP_INGEST_MAX_EVENT,
    maxRequestBytes: env.CDP_INGEST_MAX_REQUEST,
    maxBatchEvents: env.CDP_INGEST_MAX_BATCH,
    maxPendingBytes: env.CDP_INGEST_MAX_PENDING,
    dedupeWindowMs: env.CDP_DEDUPE_WINDOW,
    importMaxFileBytes: env.CDP_IMPORT_MAX_FILE,
  }),
);

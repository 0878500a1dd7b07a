export { FileStore } from './file-store.js';
export { IMPORT_FORMATS, type ImportFormat, type ImportJob, ImportStore } from './import-job.js';
export type { ImportMapping } from './import-mapping.js';
export { ImportService, type ImportServiceParts } from './import-service.js';
export {
  DEFAULT_INGEST_LIMITS,
  type Door,
  type IngestAnswer,
  type IngestApp,
  type IngestLimits,
  IngestService,
  type RejectedItem,
  rawRecord,
} from './ingest-service.js';
export { MAX_DEPTH, parseBody, refuseDepth } from './json-guard.js';
export { NonceStore } from './nonce-store.js';
export { type ParsedCall, parseCall } from './parse-call.js';
export { importMappingSchema, parseImportMapping } from './parse-import-mapping.js';
export { type Allowance, RateLimiter } from './rate-limiter.js';
export { CALL_TYPES, type Call, type CallType, type RawMessage } from './raw-message.js';
export type { RejectedEvent } from './rejected-event.js';
export { RejectedEventStore, rejectedHandler } from './rejected-events.js';

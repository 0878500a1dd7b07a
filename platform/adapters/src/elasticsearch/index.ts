export { type AppliedIndexTemplates, applyIndexTemplates } from './apply-index-templates.js';
export type { BulkItem, BulkOutcome, BulkWriter } from './bulk-writer.js';
export { documentId, routingOf } from './document-id.js';
export type { Elastic } from './elastic.js';
export type { ElasticOptions } from './elastic-options.js';
export { ElasticProfileStore, type ElasticProfileStoreOptions } from './elastic-profile-store.js';
export { openElastic } from './open-elastic.js';

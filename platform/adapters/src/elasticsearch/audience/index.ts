export { ElasticAudience, type ElasticAudienceOptions, type ElasticAudienceParts } from './elastic-audience.js';
export { type EventFields, eventFields } from './event-fields.js';
export { type ProfileFields, profileFields } from './profile-fields.js';

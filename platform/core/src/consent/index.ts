export { ConsentService, type ConsentServiceDeps, type NewConsent } from './consent-service.js';
export type { ConsentPolicy, ConsentStatement, ConsentStatus } from './consent-statement.js';
export { ConsentStore } from './consent-store.js';
export { type ConsentDecision, decideConsent } from './decide-consent.js';
export { hashAddress, SUPPRESSION_REASONS, type Suppression, type SuppressionReason } from './suppression.js';
export { type NewSuppression, SuppressionService } from './suppression-service.js';
export { SuppressionStore } from './suppression-store.js';

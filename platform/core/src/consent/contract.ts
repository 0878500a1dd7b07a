export { describeConsentStoreContract } from './consent-store.contract.js';
export { describeSuppressionStoreContract } from './suppression-store.contract.js';

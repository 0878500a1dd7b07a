export { describeEngagementStoreContract } from './engagement-store.contract.js';

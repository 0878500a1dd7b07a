export { describeIdentityStoreContract } from './identity-store.contract.js';

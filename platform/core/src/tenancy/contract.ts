export { describeAppStoreContract } from './app-store.contract.js';
export { describeAuditLogContract } from './audit-log.contract.js';
export { describeDataKeyStoreContract } from './data-key-store.contract.js';
export { describeFailureCounterContract } from './failure-counter.contract.js';
export { describeIdempotentRequestsContract } from './idempotent-requests.contract.js';
export { describeMembershipStoreContract } from './membership-store.contract.js';
export { describeSessionStoreContract } from './session-store.contract.js';
export { describeTenantStoreContract } from './tenant-store.contract.js';

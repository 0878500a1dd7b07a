export { describeErasureLedgerContract } from './erasure-ledger.contract.js';
export { describeEventStoreContract, type EventStoreHome } from './event-store.contract.js';
export { describeProfileStoreContract, type ProfileStoreHome } from './profile-store.contract.js';

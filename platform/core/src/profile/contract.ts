export { describeErasureLedgerContract } from './erasure-ledger.contract.js';
export { describeProfileStoreContract, type ProfileStoreHome } from './profile-store.contract.js';

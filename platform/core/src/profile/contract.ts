export { describeProfileStoreContract, type ProfileStoreHome } from './profile-store.contract.js';

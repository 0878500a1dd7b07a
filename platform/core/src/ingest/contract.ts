export { describeNonceStoreContract } from './nonce-store.contract.js';

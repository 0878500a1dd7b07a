export { describeNonceStoreContract, type NonceStoreFixture } from './nonce-store.contract.js';

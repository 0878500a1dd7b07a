export { channelOf, describeChannelStoreContract } from './channel-store.contract.js';
export { describeInboxStoreContract } from './inbox-store.contract.js';
export { describeOutboxStoreContract, type OutboxHome } from './outbox-store.contract.js';

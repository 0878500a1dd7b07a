export { campaignOf, describeCampaignStoreContract, messageOf, runOf } from './campaign-store.contract.js';
export { describeMessageStoreContract } from './message-store.contract.js';
export { describeTemplateStoreContract } from './template-store.contract.js';

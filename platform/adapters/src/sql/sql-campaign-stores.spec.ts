import {
  describeCampaignStoreContract,
  describeMessageStoreContract,
  describeTemplateStoreContract,
} from '@cdp/core/campaign/contract';
import { SqlCampaignStore } from './sql-campaign-store.js';
import { SqlMessageStore } from './sql-message-store.js';
import { SqlTemplateStore } from './sql-template-store.js';
import { openTestDatabase, testHome } from './testing/index.js';

describeTemplateStoreContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { store: new SqlTemplateStore(db), close: () => db.close() };
});

describeCampaignStoreContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { store: new SqlCampaignStore(db), messages: new SqlMessageStore(db), close: () => db.close() };
});

describeMessageStoreContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { store: new SqlMessageStore(db), campaigns: new SqlCampaignStore(db), close: () => db.close() };
});

import { describeConsentStoreContract, describeSuppressionStoreContract } from '@cdp/core/consent/contract';
import { SqlConsentStore } from './sql-consent-store.js';
import { SqlSuppressionStore } from './sql-suppression-store.js';
import { openTestDatabase, testHome } from './testing/index.js';

describeConsentStoreContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { store: new SqlConsentStore(db), close: () => db.close() };
});

describeSuppressionStoreContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { store: new SqlSuppressionStore(db), close: () => db.close() };
});

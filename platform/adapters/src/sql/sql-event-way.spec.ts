import { describeIdentityStoreContract } from '@cdp/core/identity/contract';
import { describeImportStoreContract, describeRejectedEventStoreContract } from '@cdp/core/ingest/contract';
import { SystemClock } from '@cdp/core/kernel';
import { describeErasureLedgerContract } from '@cdp/core/profile/contract';
import { SqlErasureLedger } from './sql-erasure-ledger.js';
import { SqlIdentityStore } from './sql-identity-store.js';
import { SqlImportStore } from './sql-import-store.js';
import { SqlRejectedEventStore } from './sql-rejected-event-store.js';
import { openTestDatabase, testHome } from './testing/index.js';

describeIdentityStoreContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { store: new SqlIdentityStore(db), close: () => db.close() };
});

describeErasureLedgerContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { ledger: new SqlErasureLedger(db, new SystemClock()), close: () => db.close() };
});

describeImportStoreContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { store: new SqlImportStore(db), close: () => db.close() };
});

describeRejectedEventStoreContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { store: new SqlRejectedEventStore(db), close: () => db.close() };
});

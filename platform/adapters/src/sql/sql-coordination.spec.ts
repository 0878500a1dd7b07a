import { describeDefinitionChangesContract, describeWriterRollContract } from '@cdp/core/segment/contract';
import { describeLeasesContract } from '@cdp/core/work/contract';
import { SqlDefinitionChanges } from './sql-definition-changes.js';
import { SqlLeases } from './sql-leases.js';
import { SqlSegmentStore } from './sql-segment-store.js';
import { SqlWriterRoll } from './sql-writer-roll.js';
import { openTestDatabase, testHome } from './testing/index.js';

describeDefinitionChangesContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { changes: new SqlDefinitionChanges(db), segments: new SqlSegmentStore(db), close: () => db.close() };
});

describeWriterRollContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { roll: new SqlWriterRoll(db), close: () => db.close() };
});

describeLeasesContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { leases: new SqlLeases(db), close: () => db.close() };
});

import {
  SqlAggregateStore,
  type SqlDatabase,
  SqlDefinitionChanges,
  SqlErasureLedger,
  SqlIdentityStore,
  SqlImportStore,
  SqlLeases,
  SqlRejectedEventStore,
  SqlSegmentStore,
  SqlWriterRoll,
} from '@cdp/adapters/sql';
import type { Clock } from '@cdp/core/kernel';

/** The relational stores of the stages up to segments; both homes have the same, on databases of their own. */
export const relationalStores = (db: SqlDatabase, clock: Clock) => ({
  db,
  identities: new SqlIdentityStore(db),
  erasures: new SqlErasureLedger(db, clock),
  segments: new SqlSegmentStore(db),
  aggregates: new SqlAggregateStore(db),
  definitionChanges: new SqlDefinitionChanges(db),
  writerRoll: new SqlWriterRoll(db),
  leases: new SqlLeases(db),
  imports: new SqlImportStore(db),
  rejected: new SqlRejectedEventStore(db),
});

import {
  SqlAggregateStore,
  type SqlDatabase,
  SqlErasureLedger,
  SqlIdentityStore,
  SqlImportStore,
  SqlRejectedEventStore,
  SqlSegmentStore,
} from '@cdp/adapters/sql';
import type { Clock } from '@cdp/core/kernel';

/** The relational stores of the stages up to segments; both homes have the same, on databases of their own. */
export const relationalStores = (db: SqlDatabase, clock: Clock) => ({
  db,
  identities: new SqlIdentityStore(db),
  erasures: new SqlErasureLedger(db, clock),
  segments: new SqlSegmentStore(db),
  aggregates: new SqlAggregateStore(db),
  imports: new SqlImportStore(db),
  rejected: new SqlRejectedEventStore(db),
});

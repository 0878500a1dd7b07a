import type { LedgerEntry } from '../identity/index.js';
import { type LogRecord, TOPICS } from '../log/index.js';
import type { EnrichedRecord } from './enriched-record.js';

/** Puts a record on the topic that profiles are written from. */
export const enriched = (record: EnrichedRecord): LogRecord => ({
  topic: TOPICS.enriched,
  key: record.profileId,
  value: Buffer.from(JSON.stringify(record)),
});

/** What the writer of the profile that was merged away must hear of an entry of the ledger, and tells the other; hearing it twice changes nothing. */
export function ledgerRecords(
  tenantId: string,
  { loser, winner, mergeId, at, state }: Omit<LedgerEntry, 'moved' | 'cause'>,
): LogRecord[] {
  if (state === 'pending' || state === 'announced')
    return [enriched({ kind: 'merge', tenantId, profileId: loser, into: winner, mergeId, at })];
  return [enriched({ kind: 'unmerge', tenantId, profileId: loser, mergeId, restored: loser, winner, at })];
}

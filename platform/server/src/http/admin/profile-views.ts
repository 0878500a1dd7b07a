import type { LedgerEntry } from '@cdp/core/identity';
import type { ErasureReceipt, StoredEvent } from '@cdp/core/profile';
import { iso } from '@cdp/tenant-admin-api';

export const timelineItem = ({
  messageId,
  type,
  name,
  timestamp,
  receivedAt,
  properties,
  context,
  source,
}: StoredEvent) => ({
  messageId,
  type,
  name,
  timestamp: iso(timestamp),
  receivedAt: iso(receivedAt),
  properties,
  context,
  source,
});

export const erasureView = ({ id, profileId, state, requestedAt, stores }: ErasureReceipt) => ({
  id,
  profileId,
  state,
  requestedAt: iso(requestedAt),
  stores: stores.map(({ store, what, at }) => ({ store, what, at: iso(at) })),
});

export const mergeEntry = ({ mergeId, winner, loser, at, cause, state }: LedgerEntry) => ({
  id: mergeId,
  winner,
  loser,
  at: iso(at),
  cause,
  undone: state === 'undone' || state === 'undoing',
});

import { SystemClock, UuidIds } from '@cdp/core/kernel';
import type { SqlDatabase } from '../database.js';
import { SqlAuditLog } from '../sql-audit-log.js';
import { SqlDueIndex } from '../sql-due-index.js';
import { SqlErasureLedger } from '../sql-erasure-ledger.js';
import { SqlFailureCounter } from '../sql-failure-counter.js';
import { SqlIdempotentRequests } from '../sql-idempotent-requests.js';
import { SqlIdentityStore } from '../sql-identity-store.js';
import { sqlMessagingStores } from '../sql-messaging-stores.js';
import { SqlRejectedEventStore } from '../sql-rejected-event-store.js';
import { SqlSegmentMembers } from '../sql-segment-members.js';
import { SqlSessionStore } from '../sql-session-store.js';

const clock = new SystemClock();
const NOW = 2_000;
const T = 't0';
const page = { limit: 20 };
const hash = '5'.padStart(64, '0');

/** Everything that the stores ask of tables that grow with what people do, each call once and on what is there. */
export async function makeHotCalls(db: SqlDatabase): Promise<void> {
  await identity(db);
  await campaigns(db);
  await delivery(db);
  await people(db);
  await administration(db);
  await instants(db);
  await segments(db);
}

async function identity(db: SqlDatabase): Promise<void> {
  const store = new SqlIdentityStore(db);
  const known = [{ type: 'userId', value: 'v4' }];
  await store.find(T, known);
  await store.linksOf(T, ['p4', 'p5']);
  await store.commit(T, {
    links: [{ type: 'userId', value: 'new', profileId: 'p4' }],
    merges: [{ mergeId: 'n1', loser: 'p6', winner: 'p7', at: NOW, cause: '' }],
  });
  await store.assign(T, [{ type: 'device', value: 'd', profileId: 'p4' }]);
  await store.unannounced(10);
  await store.announce(T, ['n1']);
  await store.ledger(T, 'p4', page);
  await store.entry(T, 'n1');
  await store.undo(T, 'n1');
  await store.successorOf(T, 'gone4');
  await store.successorsOf(T, ['gone4', 'gone5']);
  await store.erase(T, 'p9', NOW);
  await store.erasedAt(T, known);
  const ledger = new SqlErasureLedger(db, clock);
  await ledger.done(T, 'e5', 'log', '', '');
  await ledger.get(T, 'e5');
  await ledger.ofProfile(T, 'p5');
  await ledger.erasedAmong(T, ['p5', 'p6']);
  await ledger.unsent(10);
  const rejected = new SqlRejectedEventStore(db);
  const { nextCursor } = await rejected.list(T, page);
  await rejected.list(T, { ...page, cursor: nextCursor ?? '' });
  await rejected.find(T, 'm5');
  await rejected.trim(5, 10);
}

async function campaigns(db: SqlDatabase): Promise<void> {
  const { messages, engagements } = sqlMessagingStores(db, new UuidIds(clock));
  await messages.get(T, 'm5');
  const { nextCursor } = await messages.list(T, 'c1', page);
  await messages.list(T, 'c1', { ...page, cursor: nextCursor ?? '' });
  await messages.list(T, 'c1', { ...page, state: 'sent', cursor: nextCursor ?? '' });
  await messages.ofProfile(T, 'p5', page);
  await messages.counts(T, 'c1');
  await messages.total(T, 'c1');
  await messages.recentOf(T, ['p5', 'p6'], 100);
  await messages.hasLive(T, 'c0');
  await messages.cancelWaiting(T, 'c1', NOW, 10);
  await messages.releaseHeld(T, 'c1', NOW, 10);
  await messages.sentTo(T, ['p5', 'p6'], ['c1']);
  await messages.addressesOf(T, 'p5');
  await messages.move(T, 'p10', 'p11');
  await messages.erase(T, 'p12');
  await engagements.add(T, [{ ...clicked, reason: 'burst', machine: true }], 1_000);
  await engagements.counts(T, 'c1');
  await engagements.links(T, 'c1', 10);
  await engagements.move(T, 'p10', 'p11');
  await engagements.erase(T, 'p12');
}

const clicked = {
  eventId: 'n1',
  campaignId: 'c1',
  messageId: 'm5',
  profileId: 'p5',
  type: 'clicked' as const,
  at: NOW,
};

async function delivery(db: SqlDatabase): Promise<void> {
  const { outbox } = sqlMessagingStores(db, new UuidIds(clock));
  await outbox.lanes(NOW, ['email']);
  await outbox.countDue(NOW, ['email'], 1_000);
  await outbox.nextDueAt(T, 'ch0');
  const leased = await outbox.lease(T, 'ch0', { lease: 'l', now: NOW, until: NOW + 10, limit: 10 });
  const ids = leased.map(({ id }) => id);
  await outbox.begin(T, 'l', ids, NOW);
  await outbox.settle(T, 'l', [{ id: ids[0] ?? '', state: 'sent', attempted: true, providerId: 'y' }], NOW);
  await outbox.release(T, 'l', ids, NOW);
  await outbox.expireLeases(NOW);
  await outbox.find(T, 'ch0', { ids: ['m4'], providerIds: ['x4'] });
  await outbox.unpublished(10);
  await outbox.markPublished(['t0-1']);
  const event = { tenantId: T, id: 'e', type: 'bounced' as const, messageId: 'm7', campaignId: 'c1', runId: 'r1' };
  const rest = { profileId: 'p3', channel: 'email', channelId: 'ch1', topic: '', at: NOW };
  await outbox.report(T, [{ messageId: 'm7', state: 'bounced', event: { ...event, ...rest } }], NOW);
}

async function people(db: SqlDatabase): Promise<void> {
  const { consents, suppressions, inbox } = sqlMessagingStores(db, new UuidIds(clock));
  const said = { profileId: 'p5', channel: 'email', topic: '', status: 'denied' as const, at: 9_000, source: '' };
  await consents.record(T, [said]);
  await consents.statementsOf(T, 'p5');
  await consents.statementsOn(T, 'email', ['p5', 'p6']);
  await consents.unpublished(10);
  await consents.markPublished(T, [said]);
  await consents.holdsAny(T, 'p5');
  await consents.give(T, ['p5', 'p6'], 'p7');
  await consents.erase(T, 'p8');
  await suppressions.among(T, 'email', [hash]);
  const { nextCursor } = await suppressions.list(T, page);
  await suppressions.list(T, { ...page, channel: 'email', cursor: nextCursor ?? '' });
  await suppressions.forgetAddresses(T, [hash]);
  await suppressions.remove(T, 'email', hash);
  await inbox.list(T, 'p5', { limit: 5, now: NOW, unread: true });
  await inbox.unread(T, 'p5', NOW);
  await inbox.get(T, 'p5', 'i20', NOW);
  await inbox.mark(T, 'p5', 'i20', ['read'], NOW);
  await inbox.revision(T);
  await inbox.changes(T, ['p5', 'p6'], 5, 10);
  await inbox.holdsAny(T, ['p5']);
  await inbox.give(T, ['p5'], 'p6');
  await inbox.erase(T, 'p8');
  await inbox.trim(1_000_003, 10);
}

async function administration(db: SqlDatabase): Promise<void> {
  const audit = new SqlAuditLog(db);
  const { nextCursor } = await audit.list(T, {}, page);
  await audit.list(T, { resource: 'segment', resourceId: 's5' }, { ...page, cursor: nextCursor ?? '' });
  const requests = new SqlIdempotentRequests(db);
  await requests.begin(T, hash, '', { now: 0, lockedUntil: 1, expiresAt: 2 });
  await requests.finish(T, hash, { status: 200, body: null });
  await requests.abandon(T, hash);
  await requests.purge(5);
  const failures = new SqlFailureCounter(db);
  await db.transaction(() => failures.times(['t01', 't02'], 5));
  await failures.remove('t0-9');
  await failures.clear('t03');
  await failures.purge(3);
  const sessions = new SqlSessionStore(db);
  await sessions.get('t0-5');
  await sessions.live('u5', 100);
  await sessions.revoke('u5', 't0-5', NOW);
  await sessions.revokeAll('u6', 100);
  await sessions.purge(5);
}

async function instants(db: SqlDatabase): Promise<void> {
  const index = new SqlDueIndex(db);
  await index.next();
  const due = await index.due(1_000, 3);
  await index.done(due.slice(0, 2));
}

async function segments(db: SqlDatabase): Promise<void> {
  const members = new SqlSegmentMembers(db, new UuidIds(clock));
  const entered = { segmentId: 's3', profileId: 'p3', change: 'entered' as const, at: 9_000 };
  await members.apply(T, [entered, { ...entered, profileId: 'p4' }]);
  await members.size(T, 's3');
  const { nextCursor } = await members.members(T, 's3', page);
  await members.members(T, 's3', { ...page, cursor: nextCursor ?? '' });
  await members.membershipsOf(T, ['p3', 'p4'], ['s3', 's4']);
  await members.changes(T, 's5', page);
  await members.snapshot(T, 's3', 'now');
  await members.snapshotMembers(T, 'now', page);
  async function* fitting(): AsyncGenerator<string[]> {
    yield ['p3', 'p4', 'p5'];
  }
  await members.build(T, { segmentId: 's3', at: 90_000_000 }, fitting());
  await members.forgetChanges(T, 's3');
  await members.dropSnapshot(T, 'now');
  await members.erase(T, 'p6');
}

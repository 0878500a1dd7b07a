import { TOPICS } from '@cdp/core/log';
import type { EnrichedRecord } from '@cdp/core/profile';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type MessagingHome, NOW, openMessagingHome, people, personId } from './testing/index.js';

const [ann, ben, cleo] = [personId(0), personId(1), personId(2)] as [string, string, string];

const mergeId = (loser: string, winner: string): string => `${loser.slice(-12)}-${winner.slice(-12)}`;

describe('the inboxes', () => {
  let home: MessagingHome;
  beforeEach(async () => {
    home = await openMessagingHome();
    await home.addPeople('t', people(3));
    await home.messaging.startTracking();
  });
  afterEach(() => home.close());

  const entry = (id: string, profileId: string, expiresAt = NOW + 1_000) => ({
    id,
    profileId,
    campaignId: 'c',
    content: { title: id },
    expiresAt,
  });
  const put = (...entries: ReturnType<typeof entry>[]) => home.inboxes.doorFor('t', 'in-app').put(entries);
  const inboxOf = async (profileId: string) =>
    (await home.stores.inbox.list('t', profileId, { limit: 100, now: home.clock.now() })).items.map(({ id }) => id);
  const merge = (loser: string, winner: string) =>
    home.identities.commit('t', {
      links: [],
      merges: [{ mergeId: mergeId(loser, winner), loser, winner, at: NOW, cause: 'test' }],
    });
  const tell = async (...records: EnrichedRecord[]) => {
    await home.log.append(
      records.map((record) => ({
        topic: TOPICS.enriched,
        key: record.profileId,
        value: Buffer.from(JSON.stringify(record)),
      })),
    );
    for (const consumer of home.messaging.consumers) await consumer.drained();
  };
  const merged = (loser: string, winner: string): EnrichedRecord => ({
    kind: 'merge',
    tenantId: 't',
    profileId: loser,
    into: winner,
    mergeId: mergeId(loser, winner),
    at: NOW,
  });

  it('take what is put by a plugin for its own tenant and channel', async () => {
    expect(await put(entry('a', ann), entry('b', ben), entry('a', ann))).toEqual([true, true, true]);
    const { items } = await home.stores.inbox.list('t', ann, { limit: 9, now: NOW });
    expect(items).toMatchObject([
      { id: 'a', channel: 'in-app', campaignId: 'c', content: { title: 'a' }, sentAt: NOW },
    ]);
    expect(await home.inboxes.doorFor('other', 'in-app').put([entry('a', ann)])).toEqual([false]);
  });

  it('take nothing for somebody who is not there', async () => {
    expect(await put(entry('a', 'nobody'), entry('b', ben))).toEqual([false, true]);
    expect(await home.stores.inbox.holdsAny('t', ['nobody'])).toBe(false);
  });

  it('follow a merge, and give back exactly what it brought when it is undone', async () => {
    await put(entry('a', ann), entry('b', ben), entry('c', cleo));
    await merge(cleo, ben);
    await tell(merged(cleo, ben));
    expect([await inboxOf(ben), await inboxOf(cleo)]).toEqual([['c', 'b'], []]);
    await merge(ben, ann);
    await tell(merged(ben, ann));
    expect(await inboxOf(ann)).toEqual(['c', 'b', 'a']);
    await home.identities.undo('t', mergeId(ben, ann));
    const undone = { kind: 'unmerge', tenantId: 't', mergeId: 'm', restored: ben, winner: ann, at: NOW } as const;
    await tell({ ...undone, profileId: ben }, { ...undone, profileId: ann });
    expect([await inboxOf(ann), await inboxOf(ben), await inboxOf(cleo)]).toEqual([['a'], ['c', 'b'], []]);
  });

  it('bring along what comes for somebody whose merge has passed by', async () => {
    await merge(ben, ann);
    await tell(merged(ben, ann));
    expect(await put(entry('late', ben))).toEqual([true]);
    expect([await inboxOf(ann), await inboxOf(ben)]).toEqual([['late'], []]);
  });

  it('are emptied when a person is erased, with a receipt, and take nothing more', async () => {
    await put(entry('a', ann), entry('b', ben));
    await home.erasures.open('t', { id: 'r', profileId: ann, parts: [ann], requestedAt: NOW });
    await tell({ kind: 'erase', tenantId: 't', profileId: ann, receiptId: 'r', at: NOW });
    expect([await inboxOf(ann), await inboxOf(ben)]).toEqual([[], ['b']]);
    const stores = (await home.erasures.get('t', 'r'))?.stores;
    expect(stores?.find(({ store }) => store === 'messages')?.what).toContain('1 messages in the inbox');
    // It was on its way, and the profile's own tombstone is not written yet.
    expect(await put(entry('late', ann))).toEqual([false]);
    expect(await home.stores.inbox.holdsAny('t', [ann])).toBe(false);
  });

  it('take nothing for who was merged into a person who is erased', async () => {
    await merge(ben, ann);
    await tell(merged(ben, ann));
    await home.erasures.open('t', { id: 'r', profileId: ann, parts: [ann, ben], requestedAt: NOW });
    expect(await put(entry('late', ben))).toEqual([false]);
    expect(await home.stores.inbox.holdsAny('t', [ann, ben])).toBe(false);
  });

  it('go with their tenant', async () => {
    await put(entry('a', ann));
    await home.messaging.eraseTenant('t');
    expect(await home.stores.inbox.holdsAny('t', [ann])).toBe(false);
  });
});

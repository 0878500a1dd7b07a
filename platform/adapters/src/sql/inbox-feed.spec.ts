import { type InboxChange, InboxFeed, type InboxFeedOptions } from '@cdp/core/tracking';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type MessagingHome, NOW, openMessagingHome, people, personId } from './testing/index.js';

const [ann, ben] = [personId(0), personId(1)] as [string, string];

/** Keeps what it hears, and lets a test wait for so much of it. */
class Ear {
  readonly heard: InboxChange[] = [];
  takes = true;
  ended = 0;
  #waiting: (() => void)[] = [];

  constructor(
    readonly identifier: string,
    readonly tenantId = 't',
  ) {}

  receive = (changes: readonly InboxChange[]): boolean => {
    this.heard.push(...changes);
    this.#wake();
    return this.takes;
  };

  end = (): void => {
    this.ended++;
    this.#wake();
  };

  /** What it heard, by id, with a mark on what is new. */
  get words(): string[] {
    return this.heard.map(({ message, isNew }) => (isNew ? `+${message.id}` : message.id));
  }

  async until(isEnough: () => boolean): Promise<void> {
    while (!isEnough()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

describe('the feed of inboxes', () => {
  let home: MessagingHome;
  const feeds: InboxFeed[] = [];
  beforeEach(async () => {
    home = await openMessagingHome();
    await home.addPeople('t', people(3));
  });
  afterEach(async () => {
    for (const feed of feeds.splice(0)) await feed.close();
    await home.close();
  });

  const feedWith = (options: InboxFeedOptions = {}): InboxFeed => {
    const { stores, clock, logger } = home;
    const feed = new InboxFeed({ inbox: stores.inbox, people: home.people, clock, logger }, { everyMs: 5, ...options });
    feeds.push(feed);
    return feed;
  };
  const put = (profileId: string, ...ids: string[]) =>
    home.inboxes
      .doorFor('t', 'in-app')
      .put(ids.map((id) => ({ id, profileId, campaignId: 'c', content: { title: id }, expiresAt: NOW + 1_000 })));
  const mark = (profileId: string, id: string, what: 'read' | 'dismissed') =>
    home.stores.inbox.mark('t', profileId, id, [what], NOW);
  const listen = async (feed: InboxFeed, profileId: string, since?: number) => {
    const ear = new Ear(`userId:${profileId}`);
    return { ear, ...(await feed.join(ear, since)) };
  };
  /** Whatever the feed had to tell before is told once this was heard. */
  const heardUntil = async (ear: Ear, profileId: string, last: string): Promise<string[]> => {
    await put(profileId, last);
    await ear.until(() => ear.words.includes(`+${last}`));
    return ear.words.slice(0, -1);
  };

  it('tells of what comes from now on, to those it is for, in its order', async () => {
    const feed = feedWith();
    await put(ann, 'before');
    const { ear: hers, position } = await listen(feed, ann);
    const { ear: his } = await listen(feed, ben);
    expect(position).toBe(1);
    await put(ann, 'a', 'b');
    await mark(ann, 'before', 'read');
    expect(await heardUntil(hers, ann, 'end')).toEqual(['+a', '+b', 'before']);
    expect(await heardUntil(his, ben, 'his')).toEqual([]);
    expect(hers.heard[2]?.message.readAt).toBe(NOW);
  });

  it('goes on after the last change that was heard, and tells nothing of what came and went', async () => {
    const feed = feedWith();
    await put(ann, 'seen', 'missed', 'gone', 'over');
    await mark(ann, 'gone', 'dismissed');
    await mark(ann, 'seen', 'dismissed');
    const { ear: level } = await listen(feed, ann);
    const { ear } = await listen(feed, ann, 1);
    expect(await heardUntil(ear, ann, 'end')).toEqual(['+missed', '+over', 'seen']);
    await level.until(() => level.words.includes('+end'));
    expect(level.words).toEqual(['+end']);
  });

  it('tells more than a page, in its order', async () => {
    const ids = Array.from({ length: 1_203 }, (_, n) => `m${n}`);
    await put(ann, ...ids);
    const { ear } = await listen(feedWith(), ann, 0);
    expect(await heardUntil(ear, ann, 'end')).toEqual(ids.map((id) => `+${id}`));
  });

  it('begins now where a number lies ahead of all that is known', async () => {
    const feed = feedWith();
    const { ear, position } = await listen(feed, ann, 1_000);
    expect(position).toBe(0);
    expect(await heardUntil(ear, ann, 'end')).toEqual([]);
  });

  it('waits for somebody who is not known yet', async () => {
    const { ear } = await listen(feedWith(), personId(7));
    await put(ann, 'other');
    await home.addPeople('t', people(1, 7));
    expect(await heardUntil(ear, personId(7), 'first')).toEqual([]);
  });

  it('follows a merge, and brings what comes along', async () => {
    await put(ann, 'own');
    await put(ben, 'brought');
    const { ear } = await listen(feedWith(), ben);
    const merge = { mergeId: 'm', loser: ben, winner: ann, at: NOW, cause: 'test' };
    await home.identities.commit('t', { links: [], merges: [merge] });
    await home.inboxes.merged('t', ben, ann);
    expect(await heardUntil(ear, ann, 'end')).toEqual(['brought']);
  });

  it('hears no more after it left', async () => {
    const feed = feedWith();
    const { ear, leave } = await listen(feed, ann);
    const { ear: other } = await listen(feed, ann);
    leave();
    leave();
    await heardUntil(other, ann, 'end');
    expect([ear.heard, ear.ended, feed.size]).toEqual([[], 0, 1]);
  });

  it('ends a listener that takes no more', async () => {
    const feed = feedWith();
    const { ear } = await listen(feed, ann);
    ear.takes = false;
    await put(ann, 'a');
    await ear.until(() => ear.ended > 0);
    expect([ear.words, ear.ended, feed.size]).toEqual([['+a'], 1, 0]);
  });

  it('is bounded for each person and each tenant', async () => {
    const feed = feedWith({ perPerson: 2, perTenant: 3 });
    const { leave } = await listen(feed, ann);
    await listen(feed, ann);
    await expect(listen(feed, ann)).rejects.toMatchObject({ code: 'over_quota' });
    await listen(feed, ben);
    await expect(listen(feed, personId(2))).rejects.toMatchObject({ code: 'over_quota', retryAfter: 30 });
    await feed.join(new Ear('userId:x', 'other'));
    leave();
    await listen(feed, ann);
    expect(feed.size).toBe(4);
  });

  it('tells nothing to a listener of another tenant with the same name', async () => {
    const feed = feedWith();
    const theirs = new Ear(`userId:${ann}`, 'other');
    await feed.join(theirs, 0);
    const { ear } = await listen(feed, ann);
    await heardUntil(ear, ann, 'end');
    expect(theirs.heard).toEqual([]);
  });

  it('ends all and takes nobody once it is closed', async () => {
    const feed = feedWith();
    const { ear } = await listen(feed, ann);
    await feed.close();
    expect([ear.ended, feed.size]).toEqual([1, 0]);
    await expect(listen(feed, ann)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

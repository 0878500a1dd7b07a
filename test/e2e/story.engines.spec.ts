import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EngineCluster } from '../builders/engine-cluster.js';
import { ADMIN_PASSWORD } from '../builders/server-process.js';
import { PLAY } from '../demo/play-campaign.js';
import { playStory, type StoryResult } from '../demo/story.js';

describe('the story of the demo on the engines, each role in processes of its own', () => {
  let platform: EngineCluster;
  let story: StoryResult;

  beforeAll(async () => {
    platform = await EngineCluster.start({ processes: 2 });
    const baseUrl = platform.cluster.url;
    story = await playStory({ baseUrl, email: 'admin@localhost', password: ADMIN_PASSWORD, print: () => {} });
  }, 300_000);

  afterAll(() => platform?.dispose(), 60_000);

  it('takes in every click and purchase, and makes one profile of each person', () => {
    expect([story.clicks, story.purchases, story.customers, story.people]).toEqual([31_106, 6_919, 2_357, 2_957]);
  });

  it('finds in each segment as many as counting over the files does', () => {
    expect(story.segments.map(({ size }) => size)).toEqual(story.segments.map(({ counted }) => counted));
  });

  it('sends to the whole segment once and counts what people did, machines apart', () => {
    const [loyal] = story.segments;
    const { audience, sent, opened, clicked, unsubscribed, converted, machineClicked, skipped } = story.report;
    expect({ audience, sent, skipped }).toEqual({ audience: loyal?.size, sent: loyal?.size, skipped: {} });
    expect({ opened, clicked, unsubscribed, converted, machineClicked }).toEqual({
      opened: PLAY.opened,
      clicked: PLAY.clicked,
      unsubscribed: PLAY.unsubscribed,
      converted: PLAY.converted,
      machineClicked: PLAY.scanned,
    });
  });

  it('shows it all on the timeline, newest first, and explains the membership', () => {
    const names = story.timeline.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'Message Sent',
        'Message Opened',
        'Message Clicked',
        'Message Unsubscribed',
        'Order Completed',
      ]),
    );
    const times = story.timeline.map(({ timestamp }) => Date.parse(timestamp));
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(story.explanation.answer).toBe(true);
  });
});

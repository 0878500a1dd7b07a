import type { ProfileDocument, StoredEvent } from '@cdp/core/profile';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OwnEngine, ownEngine } from '../testing/index.js';
import { ElasticEventStore } from './elastic-event-store.js';
import { ElasticProfileStore } from './elastic-profile-store.js';
import { type ElasticHome, elasticHome } from './testing/index.js';

const T = Date.UTC(2026, 2, 15);
const BATCH = 100;

let node: OwnEngine;
let home: ElasticHome;

beforeAll(async () => {
  node = await ownEngine('elasticsearch', 512);
  home = await elasticHome(`http://127.0.0.1:${node.port}`);
}, 300_000);
afterAll(async () => {
  await home?.remove();
  await node?.remove();
}, 60_000);

const profileId = (number: number): string => `0199c000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const event = (number: number): StoredEvent => ({
  profileId: profileId(number % 7),
  messageId: `m-${number}`,
  type: 'track',
  name: 'Bought',
  timestamp: T,
  receivedAt: T,
  properties: { number },
  context: {},
  source: 'shop',
});
const document = (number: number, version: number): ProfileDocument => ({
  tenantId: 'acme',
  id: profileId(number),
  version,
  state: 'active',
  identifiers: [],
  traits: { version: { value: version, at: 1 } },
  devices: [],
  consents: [],
  firstSeenAt: 1,
  lastSeenAt: 2,
  aggregates: {},
  memberships: {},
});

/** Batches one after the other, as a consumer writes them: what is refused for now comes again. */
class Consumer {
  readonly refused: unknown[] = [];
  done = 0;
  #stopped = false;
  readonly #running: Promise<void>;

  constructor(
    readonly events: ElasticEventStore,
    readonly profiles: ElasticProfileStore,
    readonly partition: number,
  ) {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    // Not after a batch of which a part may have been written.
    for (let failed = false; failed || !this.#stopped; ) {
      const first = this.partition * 1_000_000 + this.done * BATCH;
      const batch = Array.from({ length: BATCH }, (_, index) => event(first + index));
      try {
        await this.events.append(new Map([['acme', batch]]), { partition: this.partition, next: this.done + 1 });
        await this.profiles.putMany('acme', [document(this.partition, this.done + 1)]);
        this.done++;
        failed = false;
      } catch (error) {
        this.refused.push(error);
        failed = true;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  /** Resolves when so many more batches are done. */
  async more(batches: number): Promise<void> {
    const until = this.done + batches;
    while (this.done < until) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('Elasticsearch that is killed and paused', () => {
  it('loses nothing and counts nothing twice, and goes on by itself', async () => {
    const consumers = [0, 1, 2].map((partition) => {
      const elastic = home.open({ workTimeoutMs: 2_000 });
      return new Consumer(
        new ElasticEventStore(elastic),
        new ElasticProfileStore(elastic, { partitionOf: () => partition }),
        partition,
      );
    });
    const all = (batches: number) => Promise.all(consumers.map((consumer) => consumer.more(batches)));
    await all(3);
    for (let round = 0; round < 2; round++) {
      await node.kill();
      await node.up();
      await all(3);
    }
    await node.pause();
    const paused = consumers[0] as Consumer;
    await expect(paused.profiles.get('acme', profileId(0))).rejects.toMatchObject({ code: 'unavailable' });
    await node.resume();
    await all(3);
    await Promise.all(consumers.map((consumer) => consumer.stop()));
    const refused = consumers.flatMap((consumer) => consumer.refused);
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused) expect(error).toMatchObject({ code: 'unavailable', retryAfter: expect.any(Number) });
    const patient = home.open({ answerTimeoutMs: 30_000 });
    const events = new ElasticEventStore(patient);
    const profiles = new ElasticProfileStore(patient, { partitionOf: () => 0 });
    await events.refresh();
    const sent = consumers.reduce((sum, { done }) => sum + done * BATCH, 0);
    expect(await events.countByName('acme', 1)).toEqual([{ name: 'Bought', count: sent, lastSeenAt: T }]);
    for (const { partition, done } of consumers) {
      expect(await events.appliedPosition(partition)).toBe(done);
      expect((await profiles.get('acme', profileId(partition)))?.version).toBe(done);
    }
  }, 240_000);
});

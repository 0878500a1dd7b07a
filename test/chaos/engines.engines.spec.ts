import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminClient } from '../builders/admin-client.js';
import { EngineCluster } from '../builders/engine-cluster.js';
import { settled } from '../builders/server-process.js';
import { type Found, lookFor } from './crash/aftermath.js';
import { Campaigns, READERS } from './crash/campaigns.js';
import { Ledger } from './crash/ledger.js';
import { compareSegments, makeSegments, type SegmentFinding } from './crash/segments.js';
import { NAMES, Traffic } from './crash/traffic.js';
import { killedEngines, killedRoles, pausedEngines } from './engines/outages.js';
import { randomOf } from './power-loss/machine.js';

// A failure prints the seed that it came from; CDP_CHAOS_ROUNDS runs more.
const SEED = Number(process.env.CDP_CHAOS_SEED ?? Date.now() % 1_000_000);
const ROUNDS = Number(process.env.CDP_CHAOS_ROUNDS ?? 20);
/** Sixteen senders that rest so long send some hundred messages a second: steady, and less than the machine can do. */
const REST_MS = 100;
const PAUSE_MS = Number(process.env.CDP_CHAOS_PAUSE_MS ?? 20_000);

/** With CDP_CHAOS_TELL=1: what happens, and when. */
const began = performance.now();
const tell = (what: string): void => {
  if (process.env.CDP_CHAOS_TELL)
    process.stderr.write(`${((performance.now() - began) / 1_000).toFixed(1).padStart(7)} s  ${what}\n`);
};

describe(`roles apart on engines, of which one or the other is away, ${ROUNDS} times under load (seed ${SEED})`, () => {
  const random = randomOf(SEED);
  const ledger = new Ledger();
  const happened: string[] = [];
  let platform: EngineCluster;
  let traffic: Traffic;
  let refusedWhileRestarted: number;
  let found: Map<number, Found>;
  let stored: number;
  let segments: SegmentFinding[];
  let campaigns: Campaigns;

  beforeAll(
    async () => {
      platform = await EngineCluster.start({ processes: 2 });
      const { cluster } = platform;
      traffic = new Traffic(ledger, random, REST_MS);
      await traffic.follow(platform);
      const admin = await AdminClient.login(platform);
      const made = await makeSegments(admin);
      campaigns = new Campaigns();
      await campaigns.prepare(platform, admin);
      traffic.begin();
      const kinds = [...killedRoles(cluster, random), ...killedEngines(random), ...pausedEngines(PAUSE_MS)];
      for (let round = 0; round < ROUNDS; round++) {
        const { name, happen } = kinds[round % kinds.length] as (typeof kinds)[number];
        happened.push(name);
        tell(name);
        if (round % 3 === 1) await campaigns.launch(await AdminClient.login(platform));
        await ledger.more(1 + Math.floor(random() ** 2 * 500));
        await happen();
        // Whatever was away: each process takes work again by itself.
        await ledger.more(100);
        tell('  taking requests');
        await allReady(platform);
        tell('  all ready');
      }
      const before = traffic.refused;
      for (const name of [...cluster.members.keys()]) await cluster.restart(name);
      refusedWhileRestarted = traffic.refused - before;
      tell('restarted');
      await traffic.end();
      tell(`ended, ${ledger.acknowledgements} acknowledged, ${traffic.refused} refused`);
      await traffic.join();
      tell('joined');
      await settled(cluster.url);
      tell('settled');
      const last = await AdminClient.login(platform);
      segments = await compareSegments(last, made);
      tell('compared');
      await campaigns.finish(last);
      tell('campaigns over');
      await settled(cluster.url);
      const { tenantId } = platform.demo;
      await platform.withStores(async ({ identities, events }) => {
        await events.refresh();
        found = await lookFor({ identities, events }, tenantId, ledger.byPerson().keys());
        const counts = await events.countByName(tenantId, 1_000);
        stored = counts.reduce((sum, { name, count }) => (NAMES.includes(name) ? sum + count : sum), 0);
      });
    },
    300_000 + ROUNDS * 40_000,
  );

  afterAll(() => platform?.dispose(), 120_000);

  it('was under load', () => {
    expect(happened).toHaveLength(ROUNDS);
    expect(ledger.acknowledged.size).toBeGreaterThan(ROUNDS * 100);
  });

  it('refused nothing while each process was restarted in turn', () => {
    expect(refusedWhileRestarted).toBe(0);
  });

  it('has every identifier of a person on one profile', () => {
    expect([...found].filter(([, { profiles }]) => profiles.length !== 1)).toEqual([]);
  });

  it('has every acknowledged event on the timeline of its person', () => {
    const lost: string[] = [];
    for (const [person, ids] of ledger.byPerson()) {
      const there = new Set(found.get(person)?.messageIds);
      lost.push(...ids.filter((id) => !there.has(id)));
    }
    expect(lost).toEqual([]);
  });

  it('has no event twice, on no two timelines, and none that nobody sent', () => {
    const seen = new Map<string, number>();
    for (const [person, { messageIds }] of found)
      for (const id of messageIds) {
        expect([id, ledger.acknowledged.get(id) ?? ledger.abandoned.get(id)]).toEqual([id, person]);
        seen.set(id, (seen.get(id) ?? 0) + 1);
      }
    expect([...seen].filter(([, times]) => times > 1)).toEqual([]);
    expect(stored - READERS).toBe(seen.size);
  });

  it('has in each segment those that fit its rule when it is asked anew', () => {
    expect(segments.map(({ name, members }) => ({ name, members }))).toEqual(
      segments.map(({ name, fitting }) => ({ name, members: fitting })),
    );
    expect(segments.filter(({ members }) => members.length === 0).map(({ name }) => name)).toEqual([]);
  });

  it('sent no message twice, and each whose end is known to be sent once', () => {
    expect(campaigns.launched).toBeGreaterThan(0);
    expect(campaigns.sentTwice()).toEqual([]);
    expect(campaigns.missing()).toEqual([]);
  });
});

async function allReady({ cluster }: EngineCluster): Promise<void> {
  // A process that was killed has another in its place only a moment later.
  for (let there = 0; there < cluster.size; ) {
    const members = [...cluster.members.values()];
    await Promise.all(members.map((member) => member.ready().catch(() => undefined)));
    there = cluster.serving;
  }
}

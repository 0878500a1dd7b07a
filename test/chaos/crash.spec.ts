import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminClient } from '../builders/admin-client.js';
import { ServerProcess, settled } from '../builders/server-process.js';
import { countEvents, type Found, findPeople } from './crash/aftermath.js';
import { Campaigns, READERS } from './crash/campaigns.js';
import { Ledger } from './crash/ledger.js';
import { compareSegments, makeSegments, type SegmentFinding } from './crash/segments.js';
import { NAMES, Traffic } from './crash/traffic.js';
import { randomOf } from './power-loss/machine.js';

// A failure prints the seed that it came from; CDP_CHAOS_ROUNDS runs more.
const SEED = Number(process.env.CDP_CHAOS_SEED ?? Date.now() % 1_000_000);
const ROUNDS = Number(process.env.CDP_CHAOS_ROUNDS ?? 20);

describe(`a server that is killed ${ROUNDS} times under load (seed ${SEED})`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'cdp-crash-'));
  const random = randomOf(SEED);
  const ledger = new Ledger();
  let server: ServerProcess;
  let tenantId: string;
  let found: Map<number, Found>;
  let stored: number;
  let segments: SegmentFinding[];
  let campaigns: Campaigns;

  beforeAll(
    async () => {
      server = new ServerProcess({ dir });
      await server.listening;
      tenantId = server.demo.tenantId;
      const traffic = new Traffic(ledger, random);
      await traffic.follow(server);
      const admin = await AdminClient.login(server);
      const made = await makeSegments(admin);
      campaigns = new Campaigns();
      await campaigns.prepare(server, admin);
      traffic.begin();
      for (let round = 0; round < ROUNDS; round++) {
        if (round % 3 === 1) await campaigns.launch(await AdminClient.login(server));
        await ledger.more(1 + Math.floor(random() ** 2 * 1_000));
        traffic.lose();
        await server.kill();
        server = new ServerProcess({ dir });
        // While it picks up what the one before it left, too: the moment is any, so it is a length of time.
        if (random() < 0.25) {
          await Promise.race([delay(random() * 1_200), server.listening.then(() => delay(random() * 100))]);
          await server.kill();
          server = new ServerProcess({ dir });
        }
        await traffic.follow(server);
      }
      await traffic.end();
      await traffic.join();
      await settled(await server.listening);
      const last = await AdminClient.login(server);
      segments = await compareSegments(last, made);
      await campaigns.finish(last);
      await settled(await server.listening);
      await server.stop();
      found = await findPeople(dir, tenantId, ledger.byPerson().keys());
      stored = await countEvents(dir, tenantId, NAMES);
    },
    60_000 + ROUNDS * 20_000,
  );

  afterAll(async () => {
    if (server.exitCode === null) await server.kill();
    rmSync(dir, { recursive: true, force: true });
  });

  it('was under load', () => {
    expect(ledger.acknowledged.size).toBeGreaterThan(ROUNDS * 100);
  });

  it('has every identifier of a person on one profile', () => {
    const split = [...found].filter(([, { profiles }]) => profiles.length !== 1);
    expect(split).toEqual([]);
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

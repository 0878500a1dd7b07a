import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ServerProcess, settled } from '../builders/server-process.js';
import { countEvents, type Found, findPeople } from './crash/aftermath.js';
import { Ledger } from './crash/ledger.js';
import { Traffic } from './crash/traffic.js';
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

  beforeAll(
    async () => {
      server = new ServerProcess({ dir });
      await server.listening;
      tenantId = server.demo.tenantId;
      const traffic = new Traffic(ledger, random);
      await traffic.follow(server);
      traffic.begin();
      for (let round = 0; round < ROUNDS; round++) {
        await ledger.more(1 + Math.floor(random() ** 2 * 2_500));
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
      await server.stop();
      found = await findPeople(dir, tenantId, ledger.byPerson().keys());
      stored = await countEvents(dir, tenantId);
    },
    60_000 + ROUNDS * 8_000,
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
    expect(stored).toBe(seen.size);
  });
});

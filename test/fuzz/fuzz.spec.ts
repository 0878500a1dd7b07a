import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminClient } from '../builders/admin-client.js';
import { ServerProcess } from '../builders/server-process.js';
import { TELLING_FLAGS, UnderWay, within } from './diagnosis.js';
import { type FuzzReport, fuzz } from './fuzz.js';

const REQUESTS = Number(process.env.CDP_FUZZ_REQUESTS ?? 3_000);
const SEED = Number(process.env.CDP_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));
/** What caches, pools and compiled code may still take after a tenth of the run. */
const MAX_GROWTH_BYTES = 300 * 1024 * 1024;
const RUN_MS = 60_000 + REQUESTS * 100;
const COMING_IN_MS = 30_000;
/** What finding out why it does not come to an end may take. */
const DIAGNOSIS_MS = 10_000;

let dir: string;
let server: ServerProcess;
let admin: AdminClient;
let report: FuzzReport;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cdp-fuzz-'));
  server = new ServerProcess({ dir, nodeFlags: TELLING_FLAGS });
  await server.listening;
  // Before the storm: it guesses passwords, and whoever does may not try another for a while.
  admin = await AdminClient.login(server);
}, 60_000);
afterAll(async () => {
  await server.kill();
  await rm(dir, { recursive: true, force: true });
});

describe(`random and hostile requests (CDP_FUZZ_SEED=${SEED})`, () => {
  it(
    'are each answered, refused as documented, and bring nothing down',
    async () => {
      const underWay = new UnderWay();
      const run = fuzz({ server, seed: SEED, requests: REQUESTS, underWay });
      report = await within(RUN_MS, server, underWay, run);
      console.info(JSON.stringify({ ...report, faults: report.faults.length }));
      expect(report.faults).toEqual([]);
      expect(server.exitCode).toBeNull();
      const good = Object.entries(report.statuses).filter(([status]) => status < '400');
      // A run that is only refused at the door tests the door alone.
      expect(good.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(report.sent / 10);
    },
    RUN_MS + DIAGNOSIS_MS,
  );

  it('leave no memory behind', () => {
    const { warm, after } = report.memory;
    expect(after - warm).toBeLessThan(MAX_GROWTH_BYTES);
  });

  it(
    'do not keep a person from coming in afterwards',
    async () => {
      const underWay = new UnderWay();
      const found = await within(COMING_IN_MS, server, underWay, comeIn(underWay));
      expect(found.items[0]?.traits).toMatchObject({ plan: 'calm' });
    },
    COMING_IN_MS + DIAGNOSIS_MS,
  );
});

async function comeIn(underWay: UnderWay): Promise<{ items: { traits: unknown }[] }> {
  underWay.step = 'a person comes to the door';
  const sent = await fetch(`${await server.listening}/v1/identify`, {
    method: 'POST',
    headers: { authorization: server.authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ userId: 'after-the-storm', traits: { plan: 'calm' } }),
  });
  expect(sent.status).toBe(200);
  underWay.step = 'a person was let in';
  return admin.until('/profiles?identifier=userId:after-the-storm', ({ items }) => items.length === 1);
}

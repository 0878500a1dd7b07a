import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminClient } from '../builders/admin-client.js';
import { ServerProcess } from '../builders/server-process.js';
import { type FuzzReport, fuzz } from './fuzz.js';

const REQUESTS = Number(process.env.CDP_FUZZ_REQUESTS ?? 3_000);
const SEED = Number(process.env.CDP_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));
/** What caches, pools and compiled code may still take after a tenth of the run. */
const MAX_GROWTH_BYTES = 300 * 1024 * 1024;

let dir: string;
let server: ServerProcess;
let admin: AdminClient;
let report: FuzzReport;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cdp-fuzz-'));
  server = new ServerProcess({ dir });
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
      report = await fuzz({ server, seed: SEED, requests: REQUESTS });
      console.info(JSON.stringify({ ...report, faults: report.faults.length }));
      expect(report.faults).toEqual([]);
      expect(server.exitCode).toBeNull();
      const good = Object.entries(report.statuses).filter(([status]) => status < '400');
      // A run that is only refused at the door tests the door alone.
      expect(good.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(report.sent / 10);
    },
    60_000 + REQUESTS * 100,
  );

  it('leave no memory behind', () => {
    const { warm, after } = report.memory;
    expect(after - warm).toBeLessThan(MAX_GROWTH_BYTES);
  });

  it('do not keep a person from coming in afterwards', async () => {
    const url = await server.listening;
    const sent = await fetch(`${url}/v1/identify`, {
      method: 'POST',
      headers: { authorization: server.authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ userId: 'after-the-storm', traits: { plan: 'calm' } }),
    });
    expect(sent.status).toBe(200);
    const found = await admin.until<{ items: { traits: unknown }[] }>(
      '/profiles?identifier=userId:after-the-storm',
      ({ items }) => items.length === 1,
    );
    expect(found.items[0]?.traits).toMatchObject({ plan: 'calm' });
  });
});

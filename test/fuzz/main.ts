import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from '../builders/server-process.js';
import { TELLING_FLAGS, UnderWay, within } from './diagnosis.js';
import { fuzz } from './fuzz.js';

// `npm run fuzz`: the long run, on a seed that is printed so that it can be run again.
const requests = Number(process.env.CDP_FUZZ_REQUESTS ?? 20_000);
const seed = Number(process.env.CDP_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));
const dir = await mkdtemp(join(tmpdir(), 'cdp-fuzz-'));
const server = new ServerProcess({ dir, nodeFlags: TELLING_FLAGS });
console.log(`${requests} requests, CDP_FUZZ_SEED=${seed}`);
try {
  const underWay = new UnderWay();
  const run = fuzz({ server, seed, requests, underWay });
  const { faults, sent, statuses, memory } = await within(60_000 + requests * 100, server, underWay, run);
  for (const fault of faults) console.log(fault);
  const megabytes = (bytes: number): number => Math.round(bytes / 1024 / 1024);
  console.log(`statuses ${JSON.stringify(statuses)}`);
  console.log(`memory ${megabytes(memory.warm)} MB after a tenth, ${megabytes(memory.after)} MB at the end`);
  console.log(`${sent} sent, ${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  await server.kill();
  await rm(dir, { recursive: true, force: true });
}

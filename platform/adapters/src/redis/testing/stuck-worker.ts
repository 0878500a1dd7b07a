// A process that takes a job and never ends it: node stuck-worker.js <address> <prefix> <queue>
import { SilentLogger } from '@cdp/core/kernel';
import { BullWorkQueue } from '../bull-work-queue.js';
import { openRedis } from '../open-redis.js';

const [url = '', prefix = '', queue = ''] = process.argv.slice(2);
const work = new BullWorkQueue(await openRedis({ url, prefix, logger: new SilentLogger() }), { stalledAfterMs: 1_000 });
await work.process(queue, async ({ id }) => {
  process.stdout.write(`${id}\n`);
  await new Promise(() => {});
});

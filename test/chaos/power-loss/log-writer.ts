import { LmdbEventLog } from '@cdp/adapters/embedded';
import { SilentLogger, SystemClock } from '@cdp/core/kernel';
import { report } from './report.js';

/** Appends for ever, and reports what was acknowledged and what a consumer saw; each before anything else happens. */
const [path = '', round = ''] = process.argv.slice(2);
const log = new LmdbEventLog({ path, clock: new SystemClock(), logger: new SilentLogger(), partitions: 2 });

await log.consume({
  group: 'copy',
  topic: 'in',
  maxRecords: 50,
  handler: async ({ records }) => {
    for (const { value } of records) report(`seen ${value}`);
    return records.map(({ key, value }) => ({ topic: 'out', key, value }));
  },
});

async function write(writer: number): Promise<never> {
  for (let number = 0; ; number++) {
    const ids = Array.from({ length: writer % 2 ? 1 : 10 }, (_, index) => `${round}-${writer}-${number}-${index}`);
    await log.append(ids.map((id) => ({ topic: 'in', key: `writer-${writer}`, value: Buffer.from(id) })));
    for (const id of ids) report(`acknowledged ${id}`);
  }
}
await Promise.all(Array.from({ length: 8 }, (_, writer) => write(writer)));

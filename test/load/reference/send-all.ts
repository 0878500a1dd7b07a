import { assertCounted } from '../harness/row.js';
import type { DurableResults } from './durable-results.js';

/** Messages a second of `one` in so many lanes, until the last result is on the disk. */
export async function sendAll(
  count: number,
  lanes: number,
  results: DurableResults,
  one: (number: number) => Promise<void>,
): Promise<number> {
  const before = results.written;
  const started = performance.now();
  let next = 0;
  const lane = async () => {
    for (let number = next++; number < count; number = next++) await one(number);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  await results.flushed();
  const rate = count / ((performance.now() - started) / 1_000);
  assertCounted('results of the reference', results.written - before, count);
  return rate;
}

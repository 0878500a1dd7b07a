import { CdpError, ManualClock, SilentLogger } from '@cdp/core/kernel';
import type { Batch, LogRecord } from '@cdp/core/log';
import { describe, expect, it } from '@jest/globals';
import { BatchRunner } from './batch-runner.js';

const batch: Batch = {
  topic: 'in',
  partition: 0,
  records: [{ partition: 0, offset: 0, key: 'k', value: Buffer.from('v') }],
  last: true,
};
const output: LogRecord = { topic: 'out', key: 'k', value: Buffer.from('v') };

/** The batch through a handler that fails as told, then does the work. */
function runThrough(failures: readonly ('away' | 'defect')[]): Promise<LogRecord[] | undefined> {
  const left = [...failures];
  const runner = new BatchRunner({
    group: 'g',
    clock: new ManualClock(0),
    logger: new SilentLogger(),
    firstRetryMs: 1,
    assertStorable: () => {},
  });
  const handler = async () => {
    const failure = left.shift();
    if (failure === 'away') throw new CdpError('unavailable', 'away');
    if (failure === 'defect') throw new Error('defect');
    return [output];
  };
  return runner.run(batch, handler, new AbortController().signal);
}

describe('a batch that fails', () => {
  it('is tried again twice after a defect, however often something was away before', async () => {
    expect(await runThrough(['away', 'away', 'away', 'defect', 'away', 'defect'])).toEqual([output]);
  });

  it('is put aside with the third defect', async () => {
    expect((await runThrough(['defect', 'away', 'defect', 'defect']))?.map(({ topic }) => topic)).toEqual(['in.dlq']);
  });
});

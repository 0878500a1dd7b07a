import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeDeduperContract } from '@cdp/core/inbound/contract';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LevelDeduper } from './level-deduper.js';
import { type TemporaryFolder, temporaryFolder } from './testing/index.js';

const HOUR = 3_600_000;
const START = 1_760_000_000_000;

describeDeduperContract('LevelDB', async () => {
  const { path, remove } = temporaryFolder();
  return { open: (windowMs) => LevelDeduper.open({ path, windowMs }), remove };
});

describe('LevelDeduper', () => {
  let folder: TemporaryFolder;
  let deduper: LevelDeduper;
  const open = () => LevelDeduper.open({ path: folder.path, windowMs: 24 * HOUR });
  const claim = (hour: number, partition = 0) =>
    deduper.claim([
      { tenantId: 't', messageId: `m-${hour}-${partition}`, partition, offset: hour, receivedAt: START + hour * HOUR },
    ]);

  beforeEach(async () => {
    folder = temporaryFolder();
    deduper = await open();
  });
  afterEach(async () => {
    await deduper.close();
    await folder.remove();
  });

  it('drops whole generations as time goes on, so that it does not grow', async () => {
    for (let hour = 0; hour < 24 * 20; hour += 3) await claim(hour);
    expect(deduper.generations.length).toBeLessThanOrEqual(4);
    expect(await deduper.find('t', 'm-0-0')).toBeUndefined();
    expect(await deduper.find('t', 'm-465-0')).toBeDefined();
  });

  it('knows after a start which partition lags behind', async () => {
    await claim(0, 1);
    await claim(0);
    await deduper.close();
    deduper = await open();
    for (let hour = 24; hour < 24 * 5; hour += 6) await claim(hour);
    expect(await deduper.find('t', 'm-0-1')).toBeDefined();
  });

  it('starts after a crash in the middle of the removal of a generation', async () => {
    await claim(0);
    await deduper.close();
    const [start] = readdirSync(folder.path).filter((name) => /^\d+$/.test(name)) as [string];
    const dropped = join(folder.path, `${start}.dropped`);
    cpSync(join(folder.path, start), dropped, { recursive: true });
    rmSync(join(dropped, 'CURRENT'));
    deduper = await open();
    expect(await deduper.find('t', 'm-0-0')).toBeDefined();
    expect(existsSync(dropped)).toBe(false);
  });

  it('says that it is away, and not that the message is at fault, where its disk fails', async () => {
    rmSync(folder.path, { recursive: true });
    writeFileSync(folder.path, 'in the way of a new generation');
    await expect(claim(48)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

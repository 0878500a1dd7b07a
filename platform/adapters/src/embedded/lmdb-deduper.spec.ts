import { describeDeduperContract } from '@cdp/core/inbound/contract';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LmdbDeduper } from './lmdb-deduper.js';
import { LmdbState } from './lmdb-state.js';
import { stateHome, type TemporaryFolder, temporaryFolder } from './testing/index.js';

const HOUR = 3_600_000;
const START = 1_760_000_000_000;

describeDeduperContract('LMDB', async () =>
  stateHome((state, windowMs: number) => new LmdbDeduper(state, { windowMs })),
);

describe('LmdbDeduper', () => {
  let folder: TemporaryFolder;
  let state: LmdbState;

  beforeEach(() => {
    folder = temporaryFolder();
    state = new LmdbState({ path: folder.path });
  });
  afterEach(async () => {
    await state.close();
    await folder.remove();
  });

  it('drops whole generations as time goes on, so that it does not grow', async () => {
    const deduper = new LmdbDeduper(state, { windowMs: 24 * HOUR });
    const claim = (hour: number) =>
      deduper.claim([
        { tenantId: 't', messageId: `m-${hour}`, partition: 0, offset: hour, receivedAt: START + hour * HOUR },
      ]);
    for (let hour = 0; hour < 24 * 20; hour += 3) await claim(hour);
    expect(state.databaseNames('dedupe-').length).toBeLessThanOrEqual(4);
    expect(await deduper.find('t', 'm-0')).toBeUndefined();
    expect(await deduper.find('t', 'm-465')).toBeDefined();
  });
});

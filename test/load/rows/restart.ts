import { metricOf, ServerProcess, settled } from '../../builders/server-process.js';
import { generate } from '../harness/generate.js';
import { absoluteLine, assertCounted, type Row } from '../harness/row.js';
import { inFolder } from '../harness/temporary-folder.js';
import { DOOR } from './ingest.js';

const event = (messageId: string) =>
  `{"messageId":"${messageId}","type":"track","userId":"user-{n}","event":"Order Completed","properties":{"price":12.5}}`;
const BATCH = `{"batch":[${Array.from({ length: 500 }, () => event('tail-{n}')).join(',')}]}`;

/** Killed with events that were accepted and not yet worked on: how long until it accepts, and until it has caught up. */
export const restart: Row = {
  name: 'restart',
  run: ({ tail }) =>
    inFolder(async (dir) => {
      // Only the door runs, so that the whole tail is there when it is killed.
      const door = new ServerProcess({ dir, main: DOOR });
      const url = await door.listening;
      const headers = { authorization: door.authorization };
      const what = { method: 'POST' as const, headers, paths: ['/v1/batch'], bodies: [BATCH], from: 0 };
      await generate({ ...what, url, connections: 8, requests: tail / 500 });
      await door.kill();
      const killed = performance.now();
      const server = new ServerProcess({ dir });
      try {
        const again = await server.listening;
        const one = { method: 'POST', headers, body: JSON.stringify({ userId: 'first', event: 'Back' }) };
        const { status } = await fetch(`${again}/v1/track`, one);
        assertCounted('restart', status, 200);
        const accepting = (performance.now() - killed) / 1_000;
        await settled(again);
        const caughtUp = (performance.now() - killed) / 1_000;
        assertCounted('restart', (await metricOf(again, 'cdp_consumer_lag_records')) ?? -1, 0);
        const label = `with a tail of ${tail.toLocaleString('en')} events`;
        return [
          absoluteLine({ what: `accepting after kill -9 ${label}`, unit: 's', floor: 30, aim: 2 }, [accepting], []),
          absoluteLine({ what: 'the same, caught up', unit: 's', floor: 30, aim: 15 }, [caughtUp], []),
        ];
      } finally {
        await server.kill();
      }
    }),
};

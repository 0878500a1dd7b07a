import { setTimeout as delay } from 'node:timers/promises';
import { ServerProcess } from '../../builders/server-process.js';
import { ReferenceProcess } from '../harness/reference-process.js';
import { residentMegabytes } from '../harness/resident-memory.js';
import { absoluteLine, alternate, type Row } from '../harness/row.js';
import { inFolder } from '../harness/temporary-folder.js';

/** How long a process is left alone before its memory is looked at. */
const IDLE_MS = 1_500;

async function firstAccepted(url: string, headers: Record<string, string>): Promise<void> {
  const body = JSON.stringify({ userId: 'first', event: 'Started' });
  const answer = await fetch(`${url}/v1/track`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  if (answer.status !== 200) throw new Error(`The first event was answered ${answer.status}.`);
  await answer.text();
}

export const coldStart: Row = {
  name: 'cold-start',
  run: ({ rounds }) =>
    inFolder(async (dir) => {
      const memory: number[] = [];
      const bareMemory: number[] = [];
      const times = await alternate(
        rounds,
        async () => {
          const started = performance.now();
          const server = new ServerProcess({ dir });
          await firstAccepted(await server.listening, { authorization: server.authorization });
          const took = performance.now() - started;
          await delay(IDLE_MS);
          memory.push(residentMegabytes(server.pid));
          await server.stop();
          return took / 1_000;
        },
        async () => {
          const started = performance.now();
          const bare = new ReferenceProcess('bare-server');
          await firstAccepted(await bare.url, {});
          const took = performance.now() - started;
          await delay(IDLE_MS);
          bareMemory.push(residentMegabytes(bare.pid));
          await bare.stop();
          return took / 1_000;
        },
      );
      const [ours, theirs] = [times.map(({ product }) => product), times.map(({ reference }) => reference)];
      return [
        absoluteLine({ what: 'cold start to first accepted event', unit: 's', floor: 5, aim: 1.5 }, ours, theirs),
        absoluteLine({ what: 'idle memory', unit: 'MB', floor: 300, aim: 200 }, memory, bareMemory),
      ];
    }),
};

import { AdminClient } from '../../builders/admin-client.js';
import { metricOf, ServerProcess, settled } from '../../builders/server-process.js';
import { generate } from '../harness/generate.js';
import { ReferenceProcess } from '../harness/reference-process.js';
import { alternate, type Row, rateLine } from '../harness/row.js';
import { inFolder } from '../harness/temporary-folder.js';

const PEOPLE = 20_000;
const CONNECTIONS = 32;

/** Reading people by identifier, one at a time. */
export const reads: Row = {
  name: 'reads',
  run: ({ rounds, roundMs }) =>
    inFolder((dir) =>
      inFolder(async (other) => {
        const server = new ServerProcess({ dir });
        const bare = new ReferenceProcess('read-server', other, String(PEOPLE));
        try {
          const url = await server.listening;
          const admin = await AdminClient.login(server);
          await fill(server, url);
          const get = { method: 'GET' as const, bodies: [], connections: CONNECTIONS, from: 0, durationMs: roundMs };
          const some = Array.from({ length: 1_000 }, (_, index) => `userId:user-${(index * 17) % PEOPLE}`);
          const rateOf = async (job: { url: string; headers: Record<string, string>; paths: string[] }) => {
            const { requests, elapsedMs } = await generate({ ...get, ...job });
            return requests / (elapsedMs / 1_000);
          };
          const paths = some.map((one) => `/api/v1/profiles?identifier=${one}`);
          const barePaths = some.map((one) => `/profile?identifier=${one}`);
          const bareUrl = await bare.url;
          const profiles = await alternate(
            rounds,
            () => rateOf({ url, headers: admin.headers, paths }),
            () => rateOf({ url: bareUrl, headers: {}, paths: barePaths }),
          );
          const goal = { what: 'profile read by identifier', unit: 'reads/s', floor: 0.5, aim: 0.8 };
          return [rateLine(goal, profiles)];
        } finally {
          await bare.stop();
          await server.kill();
        }
      }),
    ),
};

async function fill(server: ServerProcess, url: string): Promise<void> {
  const bodies = Array.from({ length: PEOPLE / 500 }, (_, page) => {
    const users = Array.from({ length: 500 }, (_, index) => {
      const person = page * 500 + index;
      return { userId: `user-${person}`, traits: { email: `p${person}@example.com`, plan: 'pro' } };
    });
    return JSON.stringify({ users });
  });
  const headers = { authorization: server.authorization };
  const job = { url, method: 'POST' as const, headers, paths: ['/v1/users'], bodies, connections: 2, from: 0 };
  await generate({ ...job, requests: bodies.length });
  await settled(url);
  if (((await metricOf(url, 'cdp_ingest_events_accepted_total')) ?? 0) !== PEOPLE)
    throw new Error('People are missing.');
}

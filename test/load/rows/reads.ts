import { AdminClient } from '../../builders/admin-client.js';
import { ServerProcess, settled } from '../../builders/server-process.js';
import { countEvents } from '../../chaos/crash/aftermath.js';
import { generate } from '../harness/generate.js';
import { ReferenceProcess } from '../harness/reference-process.js';
import { alternate, assertCounted, type Row, rateLine } from '../harness/row.js';
import { inFolder } from '../harness/temporary-folder.js';
import { fillPeople } from './people.js';

const PEOPLE = 20_000;
const CONNECTIONS = 32;

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36';

/** The link of a mail that was sent to the first of the people. */
async function clickLink(admin: AdminClient): Promise<string> {
  const config = { provider: 'local', from: 'shop@example.com' };
  const { id: channelId } = await admin.post<{ id: string }>('/channels', { channel: 'email', name: 'Mail', config });
  const content = { subject: 'Sale', html: '<p><a href="https://shop.example/sale">Sale</a></p>' };
  const { id: templateId } = await admin.post<{ id: string }>('/templates', {
    channel: 'email',
    name: 'Sale',
    content,
  });
  const { id: segmentId } = await admin.segment('First', { trait: 'number', op: 'eq', value: 0 });
  const campaign = { name: 'Sale', channelId, templateId, audience: { segmentId }, schedule: { type: 'now' } };
  const { id } = await admin.post<{ id: string }>('/campaigns', campaign);
  await admin.post(`/campaigns/${id}/launch`);
  const inbox = await admin.until<{ items: { html: string }[] }>(
    '/local-inbox?to=p0@example.com',
    ({ items }) => items.length > 0,
  );
  const link = /href="([^"]*\/t\/c\/[^"]+)"/.exec(inbox.items[0]?.html ?? '')?.[1];
  if (link === undefined) throw new Error('The mail has no link.');
  return new URL(link).pathname;
}

/** Reading people by identifier, one at a time, and following the link of a mail. */
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
          await fillPeople(server, PEOPLE);
          const get = { method: 'GET' as const, bodies: [], connections: CONNECTIONS, from: 0, durationMs: roundMs };
          const some = Array.from({ length: 1_000 }, (_, index) => `userId:user-${(index * 17) % PEOPLE}`);
          const rateOf = async (job: { url: string; headers: Record<string, string>; paths: string[] }) => {
            const { requests, elapsedMs } = await generate({ ...get, ...job });
            return requests / (elapsedMs / 1_000);
          };
          const paths = some.map((one) => `/api/v1/profiles?identifier=${one}`);
          const barePaths = some.map((one) => `/profile?identifier=${one}`);
          const bareUrl = await bare.url;
          const tokens = (await (await fetch(`${bareUrl}/tokens`)).json()) as { caller: string; link: string };
          const bareHeaders = { authorization: `Bearer ${tokens.caller}` };
          const profiles = await alternate(
            rounds,
            () => rateOf({ url, headers: admin.headers, paths }),
            () => rateOf({ url: bareUrl, headers: bareHeaders, paths: barePaths }),
          );
          const goal = { what: 'profile read by identifier', unit: 'reads/s', floor: 0.5, aim: 0.8 };
          const path = await clickLink(admin);
          let clicks = 0;
          const clickRate = async (job: { url: string; paths: string[] }) => {
            const { requests, elapsedMs } = await generate({
              ...get,
              ...job,
              headers: { 'user-agent': BROWSER },
              status: 302,
            });
            if (job.url === url) clicks += requests;
            return requests / (elapsedMs / 1_000);
          };
          const followed = await alternate(
            rounds,
            () => clickRate({ url, paths: [path] }),
            () => clickRate({ url: bareUrl, paths: [`/t/c/${tokens.link}`] }),
          );
          await settled(url);
          await server.stop();
          const others = PEOPLE + 1;
          assertCounted('clicks', (await countEvents(dir, server.demo.tenantId)) - others, clicks);
          const click = { what: 'click redirect, its event durable', unit: 'clicks/s', floor: 0.5, aim: 0.8 };
          return [rateLine(goal, profiles), rateLine(click, followed)];
        } finally {
          await bare.stop();
          await server.kill();
        }
      }),
    ),
};

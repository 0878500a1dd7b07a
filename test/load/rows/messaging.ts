import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createTransport } from 'nodemailer';
import { Agent, request } from 'undici';
import { AdminClient } from '../../builders/admin-client.js';
import { ServerProcess } from '../../builders/server-process.js';
import { ReferenceProcess } from '../harness/reference-process.js';
import { assertCounted, type Line, type Row, rateLine } from '../harness/row.js';
import { inFolder } from '../harness/temporary-folder.js';
import { fanOutRate } from '../reference/fan-out.js';
import { fillPeople } from './people.js';

const UNSENT = fileURLToPath(new URL('../product/unsent.js', import.meta.url));
const PEOPLE = 10_000;
const MAILS = 2_000;
const SECRET = `whsec_${Buffer.alloc(24, 5).toString('base64')}`;

interface Stats {
  count: number;
  marks: number[];
}

const statsOf = async (url: string, path = '/'): Promise<Stats> =>
  (await fetch(new URL(path, url))).json() as Promise<Stats>;

/** From the outbox to receivers: what is made with delivery off is sent by the next start, so each is timed alone. */
export const messaging: Row = {
  name: 'messaging',
  run: ({ rounds }) =>
    inFolder((dir) =>
      inFolder(async (other) => {
        const webhooks = new ReferenceProcess('webhook-sink');
        const mails = new ReferenceProcess('smtp-sink');
        const making = new ServerProcess({ dir, main: UNSENT });
        let sending: ServerProcess | undefined;
        try {
          const hook = await webhooks.url;
          const mail = await mails.url;
          const { line, emails } = await fanOut(making, other, rounds, hook, mail);
          const lines = [line];
          await making.kill();
          sending = new ServerProcess({ dir });
          await sending.listening;
          lines.push(await webhookLine(hook, rounds));
          await (await AdminClient.login(sending)).post(`/campaigns/${emails}/resume`);
          lines.push(await smtpLine(mail, rounds));
          return lines;
        } finally {
          await sending?.kill();
          await making.kill();
          await webhooks.stop();
          await mails.stop();
        }
      }),
    ),
};

async function fanOut(server: ServerProcess, other: string, rounds: number, hook: string, mail: string) {
  const admin = await AdminClient.login(server);
  await fillPeople(server, PEOPLE);
  const everybody = await admin.segment('Everybody', { trait: 'plan', op: 'eq', value: 'pro' });
  const some = await admin.segment('Some', { trait: 'number', op: 'lt', value: MAILS });
  const launch = async (channel: object, template: object, segmentId: string, times: number, then: string) => {
    const { id: channelId } = await admin.post<{ id: string }>('/channels', { name: 'Load', ...channel });
    const { id: templateId } = await admin.post<{ id: string }>('/templates', { name: 'Load', ...template });
    const rates: number[] = [];
    let id = '';
    for (let time = 0; time < times; time++) {
      const campaign = {
        name: `Load ${time}`,
        channelId,
        templateId,
        audience: { segmentId },
        schedule: { type: 'now' },
      };
      ({ id } = await admin.post<{ id: string }>('/campaigns', campaign));
      const started = performance.now();
      await admin.post(`/campaigns/${id}/launch`);
      const made = (report: { audience: number; queued: number }) =>
        report.audience > 0 && report.queued >= report.audience;
      const { queued } = await admin.until<{ audience: number; queued: number }>(`/campaigns/${id}/report`, made);
      rates.push(queued / ((performance.now() - started) / 1_000));
      if (then !== '') await admin.post(`/campaigns/${id}/${then}`);
    }
    return { rates, id };
  };
  assertCounted('fan-out', everybody.size, PEOPLE);
  const body = { hello: '{{ profile.traits.firstName }}', leave: '{{ links.unsubscribe }}' };
  const webhook = { channel: 'webhook', config: { url: hook, secret: SECRET } };
  await launch(webhook, { channel: 'webhook', content: { body } }, everybody.id, 1, '');
  const smtp = { provider: 'smtp', host: '127.0.0.1', port: Number(new URL(mail).searchParams.get('smtp')) };
  const email = { channel: 'email', config: { ...smtp, security: 'none', from: 'shop@example.com' } };
  const html = '<p>Hello {{ profile.traits.firstName }}, <a href="https://shop.example/sale">see</a></p>';
  const content = { subject: 'Hello {{ profile.traits.firstName }}', html };
  const { id: emails } = await launch(email, { channel: 'email', content }, some.id, 1, 'pause');
  // Never sent: delivery of this channel would only stand in the way of the others.
  const nobody = { channel: 'email', config: { provider: 'local', from: 'shop@example.com' } };
  const { rates } = await launch(nobody, { channel: 'email', content }, everybody.id, rounds + 1, 'cancel');
  const results = rates.slice(1).map((product, round) => ({ product, reference: fanOutRate(other, PEOPLE, round) }));
  const goal = { what: 'campaign fan-out', unit: 'messages/s', floor: 0.2, aim: 0.45 };
  return { line: rateLine(goal, results), emails };
}

/** Rates between marks of a sink, cut into rounds. */
async function arrivals(url: string, wanted: number, every: number, rounds: number): Promise<number[]> {
  let stats = await statsOf(url);
  while (stats.count < wanted) {
    await delay(50);
    stats = await statsOf(url);
  }
  assertCounted('deliveries', stats.count, wanted);
  await statsOf(url, '/reset');
  const step = Math.max(1, Math.floor((stats.marks.length - 1) / rounds));
  const rates: number[] = [];
  for (let mark = step; mark < stats.marks.length; mark += step)
    rates.push((step * every * 1_000) / ((stats.marks[mark] ?? 0) - (stats.marks[mark - step] ?? 0)));
  return rates;
}

async function webhookLine(url: string, rounds: number): Promise<Line> {
  const rates = await arrivals(url, PEOPLE, 1_000, rounds);
  const dispatcher = new Agent({ connections: 64 });
  const body = JSON.stringify({ hello: 'Ada', leave: 'https://cdp.example/t/u/token' });
  const post = async () => {
    const answer = await request(url, {
      method: 'POST',
      body,
      dispatcher,
      headers: { 'content-type': 'application/json' },
    });
    await answer.body.dump();
  };
  const reference: number[] = [];
  for (let round = 0; round < rates.length; round++) reference.push(await rateOf(PEOPLE / 4, 64, post));
  await dispatcher.close();
  const results = rates.map((product, round) => ({ product, reference: reference[round] ?? 0 }));
  return rateLine({ what: 'webhook delivery, signed', unit: 'messages/s', floor: 0.5, aim: 0.8 }, results);
}

async function smtpLine(url: string, rounds: number): Promise<Line> {
  const rates = await arrivals(url, MAILS, 100, rounds);
  const port = Number(new URL(url).searchParams.get('smtp'));
  const pool = createTransport({
    host: '127.0.0.1',
    port,
    pool: true,
    maxConnections: 20,
    maxMessages: 1e9,
    secure: false,
  });
  let number = 0;
  const send = () =>
    pool.sendMail({
      from: 'shop@example.com',
      to: `p${number++}@example.com`,
      subject: 'Hello Ada',
      html: '<p>Hello Ada, <a href="https://cdp.example/t/c/token">see</a></p>',
      text: 'Hello Ada, see https://cdp.example/t/c/token',
    });
  const reference: number[] = [];
  for (let round = 0; round < rates.length; round++) reference.push(await rateOf(MAILS / 4, 40, send));
  pool.close();
  const results = rates.map((product, round) => ({ product, reference: reference[round] ?? 0 }));
  return rateLine({ what: 'SMTP delivery', unit: 'messages/s', floor: 1, aim: 2 }, results);
}

async function rateOf(count: number, lanes: number, one: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  let left = count;
  const lane = async () => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return count / ((performance.now() - started) / 1_000);
}

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AdminClient } from '../../builders/admin-client.js';
import { ServerProcess, settled } from '../../builders/server-process.js';
import { ReferenceProcess } from '../harness/reference-process.js';
import { alternate, assertCounted, type Line, type Row, rateLine } from '../harness/row.js';
import { inFolder } from '../harness/temporary-folder.js';
import type { Arrived } from '../reference/arrivals.js';
import { DurableResults } from '../reference/durable-results.js';
import { fanOutRate } from '../reference/fan-out.js';
import { MAIL_CONNECTIONS, smtpRate } from '../reference/smtp-sender.js';
import { webhookRate } from '../reference/webhook-sender.js';
import { fillPeople } from './people.js';

const UNSENT = fileURLToPath(new URL('../product/unsent.js', import.meta.url));
const PEOPLE = 10_000;
const MAILS = 2_000;
const SECRET = `whsec_${Buffer.alloc(24, 5).toString('base64')}`;

/** A campaign whose messages wait until its channel is enabled. */
interface Waiting {
  id: string;
  channelId: string;
}

/**
 * From the outbox to receivers. What is made with delivery off waits for channels of its own, one a round, so that each is timed
 * alone: from the first arrival to the last, with the events that follow from them handled beside it.
 */
export const messaging: Row = {
  name: 'messaging',
  run: ({ rounds }) =>
    inFolder((dir) =>
      inFolder(async (other) => {
        const webhooks = new ReferenceProcess('webhook-sink');
        const mails = new ReferenceProcess('smtp-sink');
        const making = new ServerProcess({ dir, main: UNSENT });
        const results = await DurableResults.open(join(other, 'results'));
        let sending: ServerProcess | undefined;
        try {
          const hook = await webhooks.url;
          const mail = await mails.url;
          const url = `http://127.0.0.1:${portOf(hook)}/`;
          const port = portOf(mail);
          const { line, hooks, emails } = await fanOut(making, other, rounds, url, port);
          await making.kill();
          sending = new ServerProcess({ dir });
          const delivery = await Delivery.of(sending);
          const sent = await alternate(
            rounds,
            () => delivery.rate(hooks, hook, PEOPLE),
            () => webhookRate(url, PEOPLE, results),
          );
          const mailed = await alternate(
            rounds,
            () => delivery.rate(emails, mail, MAILS),
            () => smtpRate(port, MAILS, results),
          );
          const goal = { what: 'webhook delivery, signed', unit: 'messages/s', floor: 0.5, aim: 0.8 };
          const mailGoal = { what: 'SMTP delivery', unit: 'messages/s', floor: 1, aim: 2 };
          return [line, rateLine(goal, sent), rateLine(mailGoal, mailed)];
        } finally {
          await sending?.kill();
          await making.kill();
          await results.close();
          await webhooks.stop();
          await mails.stop();
        }
      }),
    ),
};

/** Makes messages and times the making of some. */
async function fanOut(
  server: ServerProcess,
  other: string,
  rounds: number,
  url: string,
  port: number,
): Promise<{ line: Line; hooks: Waiting[]; emails: Waiting[] }> {
  const admin = await AdminClient.login(server);
  await fillPeople(server, PEOPLE);
  const everybody = await admin.segment('Everybody', { trait: 'plan', op: 'eq', value: 'pro' });
  const some = await admin.segment('Some', { trait: 'number', op: 'lt', value: MAILS });
  assertCounted('fan-out', everybody.size, PEOPLE);

  const launch = async (channel: { channel: string; config: object }, content: object, segmentId: string) => {
    const { id: channelId } = await admin.post<{ id: string }>('/channels', { name: 'Load', ...channel });
    const template = { channel: channel.channel, name: 'Load', content };
    const { id: templateId } = await admin.post<{ id: string }>('/templates', template);
    const campaign = { name: 'Load', channelId, templateId, audience: { segmentId }, schedule: { type: 'now' } };
    const { id } = await admin.post<{ id: string }>('/campaigns', campaign);
    const started = performance.now();
    await admin.post(`/campaigns/${id}/launch`);
    const made = (report: Report) => report.audience > 0 && report.queued >= report.audience;
    const { queued } = await admin.until<Report>(`/campaigns/${id}/report`, made);
    const rate = queued / ((performance.now() - started) / 1_000);
    await admin.put(`/channels/${channelId}`, { state: 'disabled' });
    return { id, channelId, rate };
  };
  const times = async <T>(make: () => Promise<T>): Promise<T[]> => {
    const made: T[] = [];
    while (made.length <= rounds) made.push(await make());
    return made;
  };

  const body = { hello: '{{ profile.traits.firstName }}', leave: '{{ links.unsubscribe }}' };
  const webhook = { channel: 'webhook', config: { url, secret: SECRET } };
  const hooks = await times(() => launch(webhook, { body }, everybody.id));

  const smtp = { provider: 'smtp', host: '127.0.0.1', port, security: 'none', maxConnections: MAIL_CONNECTIONS };
  const email = { channel: 'email', config: { ...smtp, from: 'shop@example.com' } };
  const html = '<p>Hello {{ profile.traits.firstName }}, <a href="https://shop.example/sale">see</a></p>';
  const content = { subject: 'Hello {{ profile.traits.firstName }}', html };
  const emails = await times(() => launch(email, content, some.id));

  const timed = await times(() => launch(email, content, everybody.id));
  const results = timed
    .slice(1)
    .map(({ rate }, round) => ({ product: rate, reference: fanOutRate(other, PEOPLE, round) }));
  return {
    line: rateLine({ what: 'campaign fan-out', unit: 'messages/s', floor: 0.2, aim: 0.45 }, results),
    hooks,
    emails,
  };
}

interface Report {
  audience: number;
  queued: number;
  sent: number;
}

/** Lets waiting messages go, one campaign after the other. */
class Delivery {
  readonly #admin: AdminClient;
  readonly #url: string;

  private constructor(admin: AdminClient, url: string) {
    this.#admin = admin;
    this.#url = url;
  }

  static async of(server: ServerProcess): Promise<Delivery> {
    return new Delivery(await AdminClient.login(server), await server.listening);
  }

  /** Messages a second of the next campaign, as its sink saw them arrive: all of them, each once, each with a result that is stored. */
  async rate(waiting: Waiting[], sink: string, wanted: number): Promise<number> {
    const next = waiting.shift();
    if (!next) throw new Error('No campaign is left to be sent.');
    await arrived(sink, '/reset');
    await this.#admin.put(`/channels/${next.channelId}`, { state: 'enabled' });
    while ((await arrived(sink)).count < wanted) await delay(50);
    await this.#admin.until<Report>(`/campaigns/${next.id}/report`, ({ sent }) => sent === wanted);
    // What follows from these deliveries must not take time from the reference.
    await settled(this.#url);
    const { count, distinct, firstAt, lastAt } = await arrived(sink);
    assertCounted('deliveries', count, wanted);
    assertCounted('different deliveries', distinct, wanted);
    return (count - 1) / ((lastAt - firstAt) / 1_000);
  }
}

const portOf = (sink: string): number => Number(new URL(sink).searchParams.get('port'));

const arrived = async (sink: string, path = '/'): Promise<Arrived> =>
  (await fetch(new URL(path, sink))).json() as Promise<Arrived>;

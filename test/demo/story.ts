import { AdminClient, until } from './admin-client.js';
import { playCampaign, type Report } from './play-campaign.js';
import { type AppAccess, importPurchases, playClicks } from './play-traffic.js';
import { readClicks, readPurchases } from './real-data.js';
import { QUESTIONS } from './segments.js';

/** What whoever got the first mail has done with it by the end. */
const DONE = ['Message Opened', 'Message Clicked', 'Message Unsubscribed', 'Order Completed'];

export interface StoryOptions {
  baseUrl: string;
  /** Of the platform admin. */
  email: string;
  password: string;
  print: (line: string) => void;
}

export interface SegmentAnswer {
  name: string;
  /** What the platform says. */
  size: number;
  /** What counting over the files says. */
  counted: number;
}

export interface StoryResult {
  clicks: number;
  purchases: number;
  customers: number;
  people: number;
  segments: SegmentAnswer[];
  report: Report;
  timeline: { name: string; timestamp: string }[];
  explanation: { answer: boolean };
  /** Milliseconds, by step. */
  took: Record<string, number>;
}

/** A tenant from nothing to a report, over the public doors alone. */
export async function playStory({ baseUrl, email, password, print }: StoryOptions): Promise<StoryResult> {
  const took: Record<string, number> = {};
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work();
    took[name] = Math.round(performance.now() - started);
    return result;
  };
  const [clicks, purchases] = [await readClicks(), await readPurchases()];
  const customers = new Set(purchases.map(({ customer }) => customer)).size;
  const { admin, app } = await step('make a tenant and an app', () => newTenant(baseUrl, email, password));

  print(`Playing ${clicks.length} clicks through @segment/analytics-node …`);
  await step('accept the clicks', () => playClicks(app, clicks));
  print(`Importing ${purchases.length} purchases of ${customers} customers …`);
  const imports = await step('import the purchases', () => importPurchases(app, purchases));
  for (const job of imports) if (job.rejected > 0) throw new Error(`The import refused rows: ${JSON.stringify(job)}`);
  const people = await step('make profiles of all', () => processed(admin, clicks, customers, purchases.length));
  print(`${people} people.`);

  const segments = await step('build and count the segments', () => askQuestions(admin, clicks, purchases));
  print('');
  for (const { name, size, counted } of segments)
    print(
      `  ${String(size).padStart(5)}  ${size === counted ? '=' : '≠'} ${String(counted).padStart(5)} counted over the files   ${name}`,
    );

  const [loyal] = segments as [SegmentAnswer & { id: string }];
  print('');
  print(`Mailing ${loyal.size} people …`);
  const { report, mail } = await step('send, open, click, unsubscribe, order', () =>
    playCampaign(admin, app, loyal.id),
  );
  print(reportText(report));

  const timeline = await until('the timeline to show what was done last', async () => {
    const path = `/api/v1/profiles/${mail.profileId}/events?limit=12`;
    const { items } = await admin.get<{ items: StoryResult['timeline'] }>(path);
    return DONE.every((name) => items.some((event) => event.name === name)) ? items : undefined;
  });
  print(`The last of ${mail.to}:`);
  for (const { name, timestamp } of timeline) print(`  ${timestamp}  ${name}`);
  const explanation = await admin.get<StoryResult['explanation']>(
    `/api/v1/segments/${loyal.id}/explain?profileId=${mail.profileId}`,
  );
  print('');
  print(`Why ${mail.to} is among the ${loyal.name.split(':')[0]?.toLowerCase()}:`);
  print(JSON.stringify(explanation, undefined, 2));
  print('');
  print('Where the time went:');
  for (const [name, ms] of Object.entries(took)) print(`  ${String(ms).padStart(6)} ms  ${name}`);
  return {
    clicks: clicks.length,
    purchases: purchases.length,
    customers,
    people,
    segments,
    report,
    timeline,
    explanation,
    took,
  };
}

async function newTenant(
  baseUrl: string,
  email: string,
  password: string,
): Promise<{ admin: AdminClient; app: AppAccess }> {
  const platform = await AdminClient.login(baseUrl, email, password);
  const name = `Records and shop ${new Date().toISOString()}`;
  const tenant = await platform.post<{ id: string }>('/api/v1/tenants', {
    name,
    owner: { email: `owner-${Date.now().toString(36)}@example.com`, name: 'Owner' },
  });
  const admin = platform.forTenant(tenant.id);
  const app = await admin.post<{ appKey: string; secretKey: string }>('/api/v1/apps', { name: 'Shop', kind: 'server' });
  return { admin, app: { baseUrl, appKey: app.appKey, secretKey: app.secretKey } };
}

/** Waits until every event has reached its profile; answers how many profiles there are. */
async function processed(
  admin: AdminClient,
  clicks: readonly { userId: string }[],
  customers: number,
  orders: number,
): Promise<number> {
  const users = new Set(clicks.map(({ userId }) => userId)).size;
  const count = async (rule: object) =>
    (await admin.post<{ count: number }>('/api/v1/segments/preview', { rule })).count;
  // Profiles appear with their first event; the last ones to come are in their last imported and played events.
  return until('all events to be processed', async () => {
    const people = await count({ all: [] });
    if (people < users + customers) return undefined;
    const { items } = await admin.get<{ items: { name: string; count: number }[] }>('/api/v1/events/names');
    const total = items.reduce((sum, { count: events }) => sum + events, 0);
    return total >= clicks.length + customers + orders ? people : undefined;
  });
}

async function askQuestions(
  admin: AdminClient,
  clicks: Parameters<(typeof QUESTIONS)[number]['count']>[1],
  purchases: Parameters<(typeof QUESTIONS)[number]['count']>[0],
): Promise<SegmentAnswer[]> {
  const ids = new Map<string, string>();
  const answers: (SegmentAnswer & { id?: string })[] = [];
  for (const { name, rule, asOf, count } of QUESTIONS) {
    const counted = count(purchases, clicks);
    const named = JSON.parse(JSON.stringify(rule), (key, value) =>
      key === 'segment' ? ids.get(value) : value,
    ) as object;
    if (asOf !== undefined) {
      const preview = await admin.post<{ count: number }>('/api/v1/segments/preview', {
        rule: named,
        asOf: new Date(asOf).toISOString(),
      });
      answers.push({ name, size: preview.count, counted });
      continue;
    }
    const { id } = await admin.post<{ id: string }>('/api/v1/segments', { name, rule: named });
    ids.set(name, id);
    const { size } = await until(`the segment ${name}`, async () => {
      const segment = await admin.get<{ state: string; size: number }>(`/api/v1/segments/${id}`);
      return segment.state === 'building' ? undefined : segment;
    });
    answers.push({ id, name, size, counted });
  }
  return answers;
}

function reportText(report: Report): string {
  const figures = [
    'audience',
    'sent',
    'opened',
    'clicked',
    'unsubscribed',
    'converted',
    'machineOpened',
    'machineClicked',
  ];
  const lines = figures.map((figure) => `  ${String(report[figure]).padStart(6)}  ${figure}`);
  for (const [reason, count] of Object.entries(report.skipped))
    lines.push(`  ${String(count).padStart(6)}  skipped: ${reason}`);
  return `${lines.join('\n')}\n`;
}

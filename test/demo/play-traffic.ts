import { Analytics } from '@segment/analytics-node';
import { until } from './admin-client.js';
import type { Click, Purchase } from './real-data.js';

export interface AppAccess {
  baseUrl: string;
  appKey: string;
  secretKey: string;
}

const basic = ({ appKey, secretKey }: AppAccess): string =>
  `Basic ${Buffer.from(`${appKey}:${secretKey}`).toString('base64')}`;

/** Every click through Segment's own server SDK, changed in nothing but its host. */
export async function playClicks(app: AppAccess, clicks: readonly Click[]): Promise<void> {
  const analytics = new Analytics({
    writeKey: `${app.appKey}:${app.secretKey}`,
    host: app.baseUrl,
    maxEventsInBatch: 100,
  });
  let failure: unknown;
  analytics.on('error', ({ reason }) => {
    failure ??= reason;
  });
  for (const [index, { userId, sessionId, event, timestamp, platform, channel }] of clicks.entries()) {
    await new Promise<void>((sent) => {
      analytics.track({ userId, event, timestamp, properties: { sessionId, platform, channel } });
      // The SDK queues without bound: let it send now and then.
      if (index % 1_000 === 999) void analytics.flush().then(() => sent());
      else sent();
    });
  }
  await analytics.closeAndFlush();
  if (failure !== undefined) throw new Error(`The SDK could not deliver: ${String(failure)}`);
}

export interface ImportView {
  id: string;
  state: string;
  rows: number;
  accepted: number;
  rejected: number;
}

/** Customers with their addresses and all their purchases, as two CSV files through the bulk import. */
export async function importPurchases(app: AppAccess, purchases: readonly Purchase[]): Promise<ImportView[]> {
  const customers = [...new Set(purchases.map(({ customer }) => customer))];
  const people = ['id,email,name', ...customers.map((id) => `cdnow-${id},customer-${id}@example.com,Customer ${id}`)];
  const orders = [
    'id,date,quantity,dollars',
    ...purchases.map(
      ({ customer, date, quantity, cents }) => `cdnow-${customer},${date},${quantity},${(cents / 100).toFixed(2)}`,
    ),
  ];
  return [
    await importFile(app, people, {
      type: 'identify',
      userId: 'id',
      traits: { email: { column: 'email' }, name: { column: 'name' } },
    }),
    await importFile(app, orders, {
      type: 'track',
      userId: 'id',
      event: 'Order Completed',
      timestamp: { column: 'date', format: 'yyyyMMdd' },
      properties: { total: { column: 'dollars', type: 'number' }, quantity: { column: 'quantity', type: 'number' } },
    }),
  ];
}

async function importFile(app: AppAccess, lines: readonly string[], mapping: object): Promise<ImportView> {
  const form = new FormData();
  form.set('mapping', JSON.stringify(mapping));
  form.set('file', new Blob([`${lines.join('\n')}\n`], { type: 'text/csv' }), 'import.csv');
  const url = `${app.baseUrl}/v1/bulk/import`;
  const headers = { authorization: basic(app) };
  const created = await fetch(url, { method: 'POST', headers, body: form });
  const job = (await created.json()) as ImportView;
  if (!created.ok) throw new Error(`The import was refused: ${JSON.stringify(job)}`);
  return until('the import', async () => {
    const view = (await (await fetch(`${url}/${job.id}`, { headers })).json()) as ImportView;
    if (view.state === 'failed') throw new Error(`The import failed: ${JSON.stringify(view)}`);
    return view.state === 'completed' ? view : undefined;
  });
}

/** One event by hand, as a server would send it. */
export async function track(app: AppAccess, userId: string, event: string, properties: object): Promise<void> {
  const response = await fetch(`${app.baseUrl}/v1/track`, {
    method: 'POST',
    headers: { authorization: basic(app), 'content-type': 'application/json' },
    body: JSON.stringify({ userId, event, properties }),
  });
  if (!response.ok) throw new Error(`${event} was refused: ${await response.text()}`);
}

import { type AdminClient, until } from './admin-client.js';
import { type AppAccess, track } from './play-traffic.js';

const BROWSER =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_4) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15';
const SCANNER = 'Barracuda Sentinel (EE) bot';

/** Mails are opened and clicked by so many people, in this order; some do more. */
export const PLAY = { opened: 8, clicked: 5, converted: 2, unsubscribed: 1, scanned: 3 } as const;

export interface Report {
  audience: number;
  skipped: Record<string, number>;
  sent: number;
  opened: number;
  clicked: number;
  unsubscribed: number;
  converted: number;
  machineOpened: number;
  machineClicked: number;
  byLink: { url: string; clicked: number; raw: number }[];
  [figure: string]: unknown;
}

interface Mail {
  id: string;
  profileId: string;
  to: string;
  subject: string;
  html: string;
  unsubscribe: string;
}

/** Mails the segment through the local inbox, then behaves as the people and one link scanner would. */
export async function playCampaign(
  admin: AdminClient,
  app: AppAccess,
  segmentId: string,
): Promise<{ report: Report; mail: Mail }> {
  const { id: channelId } = await admin.post<{ id: string }>('/api/v1/channels', {
    channel: 'email',
    name: 'Local inbox',
    config: { provider: 'local', from: 'Records <records@example.com>' },
  });
  const { id: templateId } = await admin.post<{ id: string }>('/api/v1/templates', {
    channel: 'email',
    name: 'Thank you',
    content: {
      subject: 'Thank you, {{ profile.traits.name }}',
      mjml: `<mjml><mj-body><mj-section><mj-column>
        <mj-text>Dear {{ profile.traits.name }}, here is something for you.</mj-text>
        <mj-button href="https://shop.example/new?for={{ profile.id }}">What is new</mj-button>
        <mj-text><a href="{{ links.unsubscribe }}">No more mails</a></mj-text>
      </mj-column></mj-section></mj-body></mjml>`,
    },
  });
  const { id } = await admin.post<{ id: string }>('/api/v1/campaigns', {
    name: 'Thank you',
    channelId,
    templateId,
    audience: { segmentId },
    schedule: { type: 'now' },
    conversion: { event: 'Order Completed', within: '7d' },
  });
  await admin.post(`/api/v1/campaigns/${id}/launch`);
  const report = () => admin.get<Report>(`/api/v1/campaigns/${id}/report`);
  await until('every mail to be sent', async () => {
    const { audience, sent } = await report();
    return audience > 0 && sent === audience ? true : undefined;
  });
  const mails = await inbox(admin, 20);
  await behave(mails, app);
  const final = await until('what the people did to be counted', async () => {
    const now = await report();
    const counted = now.opened >= PLAY.opened && now.clicked >= PLAY.clicked && now.unsubscribed >= PLAY.unsubscribed;
    return counted && now.converted >= PLAY.converted && now.machineClicked >= PLAY.scanned ? now : undefined;
  });
  return { report: final, mail: mails[0] as Mail };
}

async function inbox(admin: AdminClient, count: number): Promise<Mail[]> {
  const { items } = await admin.get<{ items: Mail[] }>(`/api/v1/local-inbox?limit=${count}`);
  return items;
}

const linkIn = (mail: Mail, kind: 'c' | 'o'): string => {
  const link = new RegExp(`https?://[^"' ]+/t/${kind}/[^"' ]+`).exec(mail.html)?.[0];
  if (link === undefined) throw new Error(`The mail to ${mail.to} has no link of the kind ${kind}.`);
  return link.replaceAll('&amp;', '&');
};

async function behave(mails: readonly Mail[], app: AppAccess): Promise<void> {
  // Nobody reads a mail in the second in which it was sent; whoever follows its links then is a machine.
  const sentBy = Date.now();
  await until('time to pass', async () => (Date.now() - sentBy > 2_000 ? true : undefined));
  for (const mail of mails.slice(0, PLAY.opened)) await visit(linkIn(mail, 'o'), BROWSER, 200);
  for (const mail of mails.slice(0, PLAY.clicked)) await visit(linkIn(mail, 'c'), BROWSER, 302);
  for (const mail of mails.slice(PLAY.opened, PLAY.opened + PLAY.scanned)) await visit(linkIn(mail, 'c'), SCANNER, 302);
  for (const mail of mails.slice(0, PLAY.unsubscribed)) {
    const response = await fetch(mail.unsubscribe, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
      redirect: 'manual',
    });
    if (!response.ok) throw new Error(`The one-click unsubscribe answered ${response.status}.`);
  }
  for (const mail of mails.slice(0, PLAY.converted)) {
    const customer = /customer-(\d+)@/.exec(mail.to)?.[1];
    await track(app, `cdnow-${customer}`, 'Order Completed', { total: 19.99, quantity: 1 });
  }
}

async function visit(url: string, userAgent: string, expected: number): Promise<void> {
  const response = await fetch(url, { headers: { 'user-agent': userAgent }, redirect: 'manual' });
  await response.arrayBuffer();
  if (response.status !== expected) throw new Error(`${url} answered ${response.status} instead of ${expected}.`);
}

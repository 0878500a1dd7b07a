import type { CampaignMessage } from '@cdp/core/campaign';
import { type MessagingHome, personId } from './messaging-home.js';

export const MAIL = { subject: 'Hello', html: '<p>Hi</p>' };

/** A campaign to one person a name, under `name@example.org`, fanned out and not delivered yet. */
export async function launchTo(home: MessagingHome, names: readonly string[], tenantId = 't') {
  await home.addPeople(
    tenantId,
    names.map((name, n) => ({ id: personId(n), traits: { email: `${name}@example.org` } })),
  );
  const drafted = await home.draft(tenantId, MAIL);
  await home.messaging.campaigns.launch(tenantId, drafted.campaign.id);
  await home.fanOut();
  return drafted;
}

/** The messages of a campaign of tenant `t`, by the name in their address. */
export async function messagesByName(
  home: MessagingHome,
  campaignId: string,
): Promise<Record<string, CampaignMessage>> {
  const { items } = await home.messaging.campaigns.messages('t', campaignId, { limit: 100 });
  return Object.fromEntries(items.map((one) => [one.address.split('@')[0] as string, one]));
}

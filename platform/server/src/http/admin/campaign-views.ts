import type { Campaign, CampaignMessage } from '@cdp/core/campaign';
import { MASK } from '@cdp/core/tenancy';
import { type Caller, iso, isoOrNull } from '@cdp/tenant-admin-api';

export const campaignView = (campaign: Campaign) => ({
  id: campaign.id,
  name: campaign.name,
  channelId: campaign.channelId,
  channel: campaign.channel,
  templateId: campaign.templateId,
  audience: { segmentId: campaign.segmentId },
  schedule: campaign.schedule,
  ...(campaign.topic === '' ? {} : { topic: campaign.topic }),
  ...(campaign.conversion ? { conversion: campaign.conversion } : {}),
  state: campaign.state,
  version: campaign.version,
  fireAt: isoOrNull(campaign.fireAt ?? null),
  launchedAt: isoOrNull(campaign.launchedAt ?? null),
  finishedAt: isoOrNull(campaign.finishedAt ?? null),
  createdAt: iso(campaign.createdAt),
  updatedAt: iso(campaign.updatedAt),
});

/** Where it went is personal whatever the tenant's settings name. */
export const messageViewFor = ({ ability }: Caller) => {
  const sees = ability.can('read', 'PersonalData');
  return (message: CampaignMessage) => ({
    id: message.id,
    campaignId: message.campaignId,
    profileId: message.profileId,
    channel: message.channel,
    address: sees || message.address === '' ? message.address : MASK,
    state: message.state,
    reason: message.reason ?? null,
    attempts: message.attempts,
    providerId: message.providerId ?? null,
    queuedAt: iso(message.queuedAt),
    sentAt: isoOrNull(message.sentAt ?? null),
    updatedAt: iso(message.updatedAt),
  });
};

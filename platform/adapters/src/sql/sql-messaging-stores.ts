import type { Ids } from '@cdp/core/kernel';
import type { MessagingStores } from '@cdp/core/tracking';
import type { SqlDatabase } from './database.js';
import { SqlCampaignStore } from './sql-campaign-store.js';
import { SqlChannelStore } from './sql-channel-store.js';
import { SqlConsentStore } from './sql-consent-store.js';
import { SqlEngagementStore } from './sql-engagement-store.js';
import { SqlInboxStore } from './sql-inbox-store.js';
import { SqlMessageStore } from './sql-message-store.js';
import { SqlOutboxStore } from './sql-outbox-store.js';
import { SqlSuppressionStore } from './sql-suppression-store.js';
import { SqlTemplateStore } from './sql-template-store.js';

/** The stores from consent to tracking, on one database. */
export const sqlMessagingStores = (db: SqlDatabase, ids: Ids): MessagingStores => ({
  consents: new SqlConsentStore(db),
  suppressions: new SqlSuppressionStore(db),
  templates: new SqlTemplateStore(db),
  campaigns: new SqlCampaignStore(db),
  messages: new SqlMessageStore(db),
  channels: new SqlChannelStore(db),
  inbox: new SqlInboxStore(db),
  outbox: new SqlOutboxStore(db, ids),
  engagements: new SqlEngagementStore(db),
});

import type { Migration } from './migration.js';

export const trackingMigration: Migration = {
  name: '0800-tracking',
  statements: [
    `CREATE TABLE campaign_events (
      tenant_id VARCHAR(64) NOT NULL,
      event_id VARCHAR(255) NOT NULL,
      campaign_id VARCHAR(64) NOT NULL,
      message_id VARCHAR(64) NOT NULL,
      profile_id VARCHAR(64) NOT NULL,
      type VARCHAR(20) NOT NULL,
      at BIGINT NOT NULL,
      machine SMALLINT NOT NULL,
      reason VARCHAR(300),
      url TEXT,
      PRIMARY KEY (tenant_id, event_id)
    ) /* clustered */`,
    'CREATE INDEX campaign_events_campaign ON campaign_events (tenant_id, campaign_id, type)',
    'CREATE INDEX campaign_events_message ON campaign_events (tenant_id, message_id, type)',
    'CREATE INDEX campaign_events_profile ON campaign_events (tenant_id, profile_id)',
  ],
};

import type { Migration } from './migration.js';

export const inboxMigration: Migration = {
  name: '0710-inbox',
  statements: [
    `CREATE TABLE inbox_messages (
      tenant_id VARCHAR(64) NOT NULL,
      id VARCHAR(64) NOT NULL,
      profile_id VARCHAR(64) NOT NULL,
      owner_id VARCHAR(64) NOT NULL,
      campaign_id VARCHAR(64),
      channel VARCHAR(40) NOT NULL,
      content MEDIUMTEXT NOT NULL,
      sent_at BIGINT NOT NULL,
      expires_at BIGINT NOT NULL,
      arrival BIGINT NOT NULL,
      revision BIGINT NOT NULL,
      read_at BIGINT,
      clicked_at BIGINT,
      dismissed_at BIGINT,
      PRIMARY KEY (tenant_id, id)
    ) /* clustered */`,
    'CREATE INDEX inbox_messages_owner ON inbox_messages (tenant_id, owner_id, arrival)',
    'CREATE INDEX inbox_messages_revision ON inbox_messages (tenant_id, owner_id, revision)',
    'CREATE INDEX inbox_messages_profile ON inbox_messages (tenant_id, profile_id)',
    'CREATE INDEX inbox_messages_expiry ON inbox_messages (expires_at)',
    // Locked from the taking of numbers to the commit, so that numbers become visible in their order.
    `CREATE TABLE inbox_revisions (
      tenant_id VARCHAR(64) NOT NULL,
      last_revision BIGINT NOT NULL,
      PRIMARY KEY (tenant_id)
    ) /* clustered */`,
  ],
};

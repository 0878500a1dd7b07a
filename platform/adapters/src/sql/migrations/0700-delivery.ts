import type { Migration } from './migration.js';

export const deliveryMigration: Migration = {
  name: '0700-delivery',
  statements: [
    `CREATE TABLE channels (
      tenant_id VARCHAR(64) NOT NULL,
      id VARCHAR(64) NOT NULL,
      channel VARCHAR(40) NOT NULL,
      plugin VARCHAR(40) NOT NULL,
      name VARCHAR(200) NOT NULL,
      sealed_config MEDIUMTEXT NOT NULL,
      state VARCHAR(10) NOT NULL,
      disabled_reason VARCHAR(300),
      failing_since BIGINT,
      version INTEGER NOT NULL,
      created_at BIGINT NOT NULL,
      updated_at BIGINT NOT NULL,
      PRIMARY KEY (tenant_id, id),
      UNIQUE (id)
    ) /* clustered */`,
    // One row holds the events of many messages: it is written beside them and gone as soon as they are in the log.
    `CREATE TABLE delivery_event_batches (
      id VARCHAR(64) NOT NULL,
      tenant_id VARCHAR(64) NOT NULL,
      events MEDIUMTEXT NOT NULL,
      PRIMARY KEY (id)
    ) /* clustered */`,
    // Written for channels alone whose provider reports by its own ids.
    `CREATE TABLE message_provider_ids (
      tenant_id VARCHAR(64) NOT NULL,
      channel_id VARCHAR(64) NOT NULL,
      provider_id VARCHAR(255) NOT NULL,
      message_id VARCHAR(64) NOT NULL,
      PRIMARY KEY (tenant_id, channel_id, provider_id)
    ) /* clustered */`,
  ],
};

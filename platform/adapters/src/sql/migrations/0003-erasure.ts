import type { Migration } from './migration.js';

export const erasure: Migration = {
  name: '0003-erasure',
  statements: [
    `CREATE TABLE erasures (
      tenant_id VARCHAR(64) NOT NULL,
      id VARCHAR(64) NOT NULL,
      profile_id VARCHAR(64) NOT NULL,
      parts MEDIUMTEXT NOT NULL,
      requested_at BIGINT NOT NULL,
      sent SMALLINT NOT NULL,
      PRIMARY KEY (tenant_id, id)
    ) /* clustered */`,
    'CREATE INDEX erasures_profile ON erasures (tenant_id, profile_id)',
    'CREATE INDEX erasures_sent ON erasures (sent, id)',
    `CREATE TABLE erasure_stores (
      tenant_id VARCHAR(64) NOT NULL,
      erasure_id VARCHAR(64) NOT NULL,
      store VARCHAR(32) NOT NULL,
      part VARCHAR(64) NOT NULL,
      what VARCHAR(255) NOT NULL,
      done_at BIGINT NOT NULL,
      PRIMARY KEY (tenant_id, erasure_id, store, part)
    ) /* clustered */`,
    `CREATE TABLE rejected_events (
      tenant_id VARCHAR(64) NOT NULL,
      id VARCHAR(64) NOT NULL,
      app_id VARCHAR(64) NOT NULL,
      received_at BIGINT NOT NULL,
      message_id VARCHAR(255),
      code VARCHAR(32) NOT NULL,
      path VARCHAR(255) NOT NULL,
      message VARCHAR(1024) NOT NULL,
      payload MEDIUMTEXT NOT NULL,
      PRIMARY KEY (tenant_id, id)
    ) /* clustered */`,
    'CREATE INDEX rejected_events_message ON rejected_events (tenant_id, message_id)',
    'CREATE INDEX rejected_events_time ON rejected_events (received_at)',
    `CREATE TABLE imports (
      tenant_id VARCHAR(64) NOT NULL,
      id VARCHAR(64) NOT NULL,
      app_id VARCHAR(64) NOT NULL,
      state VARCHAR(16) NOT NULL,
      format VARCHAR(16) NOT NULL,
      mapping MEDIUMTEXT NOT NULL,
      file VARCHAR(255) NOT NULL,
      bytes BIGINT NOT NULL,
      bytes_done BIGINT NOT NULL,
      rows_read BIGINT NOT NULL,
      rows_accepted BIGINT NOT NULL,
      rows_rejected BIGINT NOT NULL,
      problem VARCHAR(1024),
      created_at BIGINT NOT NULL,
      finished_at BIGINT,
      PRIMARY KEY (tenant_id, id)
    ) /* clustered */`,
    'CREATE INDEX imports_state ON imports (state, id)',
  ],
};

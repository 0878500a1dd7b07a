import type { Migration } from './migration.js';

export const consentMigration: Migration = {
  name: '0500-consent',
  statements: [
    `CREATE TABLE consent_policies (
      tenant_id VARCHAR(64) NOT NULL,
      channel VARCHAR(40) NOT NULL,
      topic VARCHAR(100) NOT NULL,
      mode VARCHAR(10) NOT NULL,
      updated_at BIGINT NOT NULL,
      PRIMARY KEY (tenant_id, channel, topic)
    ) /* clustered */`,
    `CREATE TABLE profile_consents (
      tenant_id VARCHAR(64) NOT NULL,
      profile_id VARCHAR(64) NOT NULL,
      channel VARCHAR(40) NOT NULL,
      topic VARCHAR(100) NOT NULL,
      status VARCHAR(10) NOT NULL,
      at BIGINT NOT NULL,
      source VARCHAR(100) NOT NULL,
      published SMALLINT NOT NULL,
      PRIMARY KEY (tenant_id, profile_id, channel, topic)
    ) /* clustered */`,
    'CREATE INDEX profile_consents_unpublished ON profile_consents (published)',
    `CREATE TABLE suppressions (
      tenant_id VARCHAR(64) NOT NULL,
      channel VARCHAR(40) NOT NULL,
      address_hash VARCHAR(64) NOT NULL,
      address TEXT,
      reason VARCHAR(20) NOT NULL,
      source VARCHAR(100) NOT NULL,
      at BIGINT NOT NULL,
      PRIMARY KEY (tenant_id, channel, address_hash)
    ) /* clustered */`,
  ],
};

import type { Migration } from './migration.js';

export const segmentMigration: Migration = {
  name: '0400-segment',
  statements: [
    `CREATE TABLE segments (
      tenant_id VARCHAR(64) NOT NULL,
      id VARCHAR(64) NOT NULL,
      name VARCHAR(200) NOT NULL,
      rule MEDIUMTEXT NOT NULL,
      version INTEGER NOT NULL,
      state VARCHAR(16) NOT NULL,
      live MEDIUMTEXT,
      built_size BIGINT NOT NULL,
      built_at BIGINT,
      problem VARCHAR(1024),
      created_at BIGINT NOT NULL,
      updated_at BIGINT NOT NULL,
      PRIMARY KEY (tenant_id, id)
    ) /* clustered */`,
    'CREATE UNIQUE INDEX segments_name ON segments (tenant_id, name)',
  ],
};

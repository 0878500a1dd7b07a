import type { Migration } from './migration.js';

export const aggregateMigration: Migration = {
  name: '0401-aggregate',
  statements: [
    `CREATE TABLE aggregates (
      tenant_id VARCHAR(64) NOT NULL,
      id VARCHAR(64) NOT NULL,
      name VARCHAR(64) NOT NULL,
      definition MEDIUMTEXT NOT NULL,
      version INTEGER NOT NULL,
      live_since BIGINT NOT NULL,
      time_zone VARCHAR(64) NOT NULL,
      created_at BIGINT NOT NULL,
      updated_at BIGINT NOT NULL,
      PRIMARY KEY (tenant_id, id)
    ) /* clustered */`,
    'CREATE UNIQUE INDEX aggregates_name ON aggregates (tenant_id, name)',
  ],
};

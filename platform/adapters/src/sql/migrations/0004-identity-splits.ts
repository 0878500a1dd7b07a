import type { Migration } from './migration.js';

export const identitySplitsMigration: Migration = {
  name: '0004-identity-splits',
  statements: [
    // Counts what takes an identifier from a profile, so that processes that remember owners know when to look again.
    `CREATE TABLE identity_splits (
      id SMALLINT NOT NULL,
      splits BIGINT NOT NULL,
      PRIMARY KEY (id)
    )`,
    'INSERT INTO identity_splits (id, splits) VALUES (1, 0)',
  ],
};

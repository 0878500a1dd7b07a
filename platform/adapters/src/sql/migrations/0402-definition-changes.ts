import type { Migration } from './migration.js';

export const definitionChangesMigration: Migration = {
  name: '0402-definition-changes',
  statements: [
    // Counts the changes of segments and aggregates, so that a reader finds what is new since it last looked.
    `CREATE TABLE definition_counter (
      id SMALLINT NOT NULL,
      last_change BIGINT NOT NULL,
      PRIMARY KEY (id)
    )`,
    'INSERT INTO definition_counter (id, last_change) VALUES (1, 0)',
    `CREATE TABLE definition_changes (
      tenant_id VARCHAR(64) NOT NULL,
      change_number BIGINT NOT NULL,
      newest BIGINT NOT NULL,
      PRIMARY KEY (tenant_id)
    )`,
    'CREATE INDEX definition_changes_by_number ON definition_changes (change_number)',
    // Processes that write profiles, with the change of definitions up to which they follow.
    `CREATE TABLE profile_writers (
      process_id VARCHAR(64) NOT NULL,
      follows BIGINT NOT NULL,
      reported_at BIGINT NOT NULL,
      PRIMARY KEY (process_id)
    )`,
    // Work that one process at a time does, with the one that has it.
    `CREATE TABLE leases (
      name VARCHAR(191) NOT NULL,
      holder VARCHAR(64) NOT NULL,
      held_until BIGINT NOT NULL,
      PRIMARY KEY (name)
    )`,
  ],
};

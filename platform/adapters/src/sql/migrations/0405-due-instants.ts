import type { Migration } from './migration.js';

/** Kept in the order of time, whosever they are: new ones are about a window away from now, and go in side by side. */
export const dueInstantsMigration: Migration = {
  name: '0405-due-instants',
  statements: [
    `CREATE TABLE due_instants (
      due_at BIGINT NOT NULL,
      tenant_id VARCHAR(64) NOT NULL,
      profile_id VARCHAR(64) NOT NULL,
      PRIMARY KEY (due_at, tenant_id, profile_id)
    ) /* clustered */`,
    'CREATE INDEX due_instants_tenant ON due_instants (tenant_id)',
  ],
};

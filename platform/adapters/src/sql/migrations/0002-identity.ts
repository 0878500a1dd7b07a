import type { Migration } from './migration.js';

export const identity: Migration = {
  name: '0002-identity',
  statements: [
    `CREATE TABLE identity_links (
      tenant_id VARCHAR(64) NOT NULL,
      type VARCHAR(64) NOT NULL,
      value VARCHAR(255) NOT NULL,
      profile_id VARCHAR(64) NOT NULL,
      PRIMARY KEY (tenant_id, type, value)
    ) /* clustered */`,
    'CREATE INDEX identity_links_profile ON identity_links (tenant_id, profile_id)',
    // A profile is merged away at most once at a time: `slot` is 'active' until the merge is undone, then the merge's own id.
    `CREATE TABLE identity_merges (
      tenant_id VARCHAR(64) NOT NULL,
      merge_id VARCHAR(64) NOT NULL,
      loser VARCHAR(64) NOT NULL,
      winner VARCHAR(64) NOT NULL,
      slot VARCHAR(64) NOT NULL,
      state VARCHAR(16) NOT NULL,
      merged_at BIGINT NOT NULL,
      cause VARCHAR(255) NOT NULL,
      moved MEDIUMTEXT NOT NULL,
      PRIMARY KEY (tenant_id, merge_id)
    ) /* clustered */`,
    'CREATE UNIQUE INDEX identity_merges_loser ON identity_merges (tenant_id, loser, slot)',
    'CREATE INDEX identity_merges_winner ON identity_merges (tenant_id, winner, merge_id)',
    'CREATE INDEX identity_merges_state ON identity_merges (state, merge_id)',
    // Fingerprints alone: what was erased must not be readable, only recognisable.
    `CREATE TABLE identity_erased (
      tenant_id VARCHAR(64) NOT NULL,
      fingerprint CHAR(64) NOT NULL,
      erased_at BIGINT NOT NULL,
      PRIMARY KEY (tenant_id, fingerprint)
    ) /* clustered */`,
  ],
};

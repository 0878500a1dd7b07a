import type { Migration } from './migration.js';

/**
 * A member's row holds what was last told of it live and, beside it, what a build said: `sql-segment-members.ts` tells which of
 * the two counts.
 */
export const segmentMembersMigration: Migration = {
  name: '0410-segment-members',
  statements: [
    `CREATE TABLE segment_members (
      tenant_id VARCHAR(64) NOT NULL,
      segment_id VARCHAR(64) NOT NULL,
      profile_id VARCHAR(64) NOT NULL,
      is_member SMALLINT NOT NULL DEFAULT 0,
      since BIGINT NOT NULL DEFAULT 0,
      told_in BIGINT NOT NULL DEFAULT 0,
      build BIGINT NOT NULL DEFAULT 0,
      built_member SMALLINT NOT NULL DEFAULT 0,
      built_at BIGINT NOT NULL DEFAULT 0,
      PRIMARY KEY (tenant_id, segment_id, profile_id)
    ) /* clustered */`,
    'CREATE INDEX segment_members_build ON segment_members (tenant_id, segment_id, build, profile_id)',
    'CREATE INDEX segment_members_profile ON segment_members (tenant_id, profile_id)',
    `CREATE TABLE segment_builds (
      tenant_id VARCHAR(64) NOT NULL,
      segment_id VARCHAR(64) NOT NULL,
      build BIGINT NOT NULL DEFAULT 0,
      begun BIGINT NOT NULL DEFAULT 0,
      untold SMALLINT NOT NULL DEFAULT 0,
      PRIMARY KEY (tenant_id, segment_id)
    ) /* clustered */`,
    `CREATE TABLE segment_snapshots (
      tenant_id VARCHAR(64) NOT NULL,
      id VARCHAR(64) NOT NULL,
      name VARCHAR(255) NOT NULL,
      size BIGINT,
      PRIMARY KEY (tenant_id, id)
    ) /* clustered */`,
    'CREATE INDEX segment_snapshots_name ON segment_snapshots (tenant_id, name)',
    `CREATE TABLE segment_snapshot_members (
      tenant_id VARCHAR(64) NOT NULL,
      snapshot_id VARCHAR(64) NOT NULL,
      profile_id VARCHAR(64) NOT NULL,
      PRIMARY KEY (tenant_id, snapshot_id, profile_id)
    ) /* clustered */`,
    'CREATE INDEX segment_snapshot_members_profile ON segment_snapshot_members (tenant_id, profile_id)',
  ],
};

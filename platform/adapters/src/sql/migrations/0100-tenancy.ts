import type { Migration } from './migration.js';

export const tenancy: Migration = {
  name: '0100-tenancy',
  statements: [
    // Counts the changes of tenants and apps, so that a reader finds what is new since it last looked.
    `CREATE TABLE tenancy_changes (
      id SMALLINT NOT NULL,
      last_change BIGINT NOT NULL,
      PRIMARY KEY (id)
    )`,
    'INSERT INTO tenancy_changes (id, last_change) VALUES (1, 0)',
    `CREATE TABLE tenants (
      id VARCHAR(64) NOT NULL,
      name VARCHAR(200) NOT NULL,
      state VARCHAR(16) NOT NULL,
      settings MEDIUMTEXT NOT NULL,
      version BIGINT NOT NULL,
      created_at BIGINT NOT NULL,
      updated_at BIGINT NOT NULL,
      erased_at BIGINT,
      change_number BIGINT NOT NULL,
      PRIMARY KEY (id)
    )`,
    'CREATE INDEX tenants_by_change ON tenants (change_number)',
    `CREATE TABLE apps (
      tenant_id VARCHAR(64) NOT NULL,
      id VARCHAR(64) NOT NULL,
      app_key VARCHAR(64) NOT NULL,
      name VARCHAR(200) NOT NULL,
      kind VARCHAR(16) NOT NULL,
      allowed_origins TEXT NOT NULL,
      allowed_ips TEXT NOT NULL,
      expires_at BIGINT,
      limits TEXT NOT NULL,
      state VARCHAR(16) NOT NULL,
      version BIGINT NOT NULL,
      created_at BIGINT NOT NULL,
      updated_at BIGINT NOT NULL,
      change_number BIGINT NOT NULL,
      PRIMARY KEY (tenant_id, id)
    )`,
    'CREATE UNIQUE INDEX apps_by_key ON apps (app_key)',
    'CREATE INDEX apps_by_change ON apps (change_number)',
    `CREATE TABLE app_secrets (
      tenant_id VARCHAR(64) NOT NULL,
      app_id VARCHAR(64) NOT NULL,
      id VARCHAR(64) NOT NULL,
      sealed TEXT NOT NULL,
      created_at BIGINT NOT NULL,
      expires_at BIGINT,
      PRIMARY KEY (tenant_id, app_id, id)
    )`,
    `CREATE TABLE accounts (
      id VARCHAR(64) NOT NULL,
      email VARCHAR(254) NOT NULL,
      name VARCHAR(200),
      password_hash VARCHAR(255),
      password_state VARCHAR(16) NOT NULL,
      password_set_at BIGINT NOT NULL,
      platform_admin SMALLINT NOT NULL,
      version BIGINT NOT NULL,
      created_at BIGINT NOT NULL,
      updated_at BIGINT NOT NULL,
      PRIMARY KEY (id)
    )`,
    'CREATE UNIQUE INDEX accounts_by_email ON accounts (email)',
    `CREATE TABLE memberships (
      tenant_id VARCHAR(64) NOT NULL,
      account_id VARCHAR(64) NOT NULL,
      role VARCHAR(16) NOT NULL,
      personal_data SMALLINT NOT NULL,
      version BIGINT NOT NULL,
      created_at BIGINT NOT NULL,
      PRIMARY KEY (tenant_id, account_id)
    )`,
    'CREATE INDEX memberships_by_account ON memberships (account_id)',
    `CREATE TABLE sessions (
      id VARCHAR(64) NOT NULL,
      account_id VARCHAR(64) NOT NULL,
      created_at BIGINT NOT NULL,
      expires_at BIGINT NOT NULL,
      revoked_at BIGINT,
      address VARCHAR(64),
      user_agent VARCHAR(512),
      PRIMARY KEY (id)
    )`,
    'CREATE INDEX sessions_by_account ON sessions (account_id, expires_at)',
    'CREATE INDEX sessions_by_end ON sessions (expires_at)',
    `CREATE TABLE login_attempts (
      digest VARCHAR(64) NOT NULL,
      attempt_id VARCHAR(64) NOT NULL,
      tried_at BIGINT NOT NULL,
      PRIMARY KEY (digest, attempt_id)
    )`,
    'CREATE INDEX login_attempts_by_attempt ON login_attempts (attempt_id)',
    'CREATE INDEX login_attempts_by_time ON login_attempts (tried_at)',
    `CREATE TABLE data_keys (
      tenant_id VARCHAR(64) NOT NULL,
      id VARCHAR(16) NOT NULL,
      wrapped BLOB NOT NULL,
      master_key_id VARCHAR(32) NOT NULL,
      created_at BIGINT NOT NULL,
      PRIMARY KEY (tenant_id, id)
    )`,
    `CREATE TABLE audit_log (
      tenant_id VARCHAR(64) NOT NULL,
      id VARCHAR(64) NOT NULL,
      happened_at BIGINT NOT NULL,
      actor_kind VARCHAR(16) NOT NULL,
      actor_id VARCHAR(64) NOT NULL,
      actor_email VARCHAR(254),
      actor_address VARCHAR(64),
      correlation_id VARCHAR(128),
      action VARCHAR(64) NOT NULL,
      resource VARCHAR(64) NOT NULL,
      resource_id VARCHAR(255) NOT NULL,
      state_before MEDIUMTEXT,
      state_after MEDIUMTEXT,
      PRIMARY KEY (tenant_id, id)
    )`,
    'CREATE INDEX audit_log_by_resource ON audit_log (tenant_id, resource, resource_id, id)',
    `CREATE TABLE idempotent_requests (
      tenant_id VARCHAR(64) NOT NULL,
      digest VARCHAR(64) NOT NULL,
      fingerprint VARCHAR(64) NOT NULL,
      state VARCHAR(16) NOT NULL,
      locked_until BIGINT NOT NULL,
      expires_at BIGINT NOT NULL,
      status INTEGER,
      answer MEDIUMTEXT,
      PRIMARY KEY (tenant_id, digest)
    )`,
    'CREATE INDEX idempotent_requests_by_end ON idempotent_requests (expires_at)',
  ],
};

import type { Migration } from './migration.js';

/** Whom a statement counts for: who said it, or who that profile became part of. */
export const consentOwnerMigration: Migration = {
  name: '0510-consent-owner',
  statements: [
    "ALTER TABLE profile_consents ADD COLUMN owner_id VARCHAR(64) NOT NULL DEFAULT ''",
    'UPDATE profile_consents SET owner_id = profile_id',
    'CREATE INDEX profile_consents_owner ON profile_consents (tenant_id, owner_id, channel)',
  ],
};

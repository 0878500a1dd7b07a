import { identity } from './0002-identity.js';
import { erasure } from './0003-erasure.js';
import { identitySplitsMigration } from './0004-identity-splits.js';
import { tenancy } from './0100-tenancy.js';
import { segmentMigration } from './0400-segment.js';
import { aggregateMigration } from './0401-aggregate.js';
import { definitionChangesMigration } from './0402-definition-changes.js';
import { dueInstantsMigration } from './0405-due-instants.js';
import { segmentMembersMigration } from './0410-segment-members.js';
import { consentMigration } from './0500-consent.js';
import { consentOwnerMigration } from './0510-consent-owner.js';
import { campaignMigration } from './0600-campaign.js';
import { deliveryMigration } from './0700-delivery.js';
import { inboxMigration } from './0710-inbox.js';
import { trackingMigration } from './0800-tracking.js';
import type { Migration } from './migration.js';

/** In the order in which they run. */
export const migrations: readonly Migration[] = [
  identity,
  erasure,
  identitySplitsMigration,
  tenancy,
  segmentMigration,
  aggregateMigration,
  definitionChangesMigration,
  dueInstantsMigration,
  segmentMembersMigration,
  consentMigration,
  consentOwnerMigration,
  campaignMigration,
  deliveryMigration,
  inboxMigration,
  trackingMigration,
];

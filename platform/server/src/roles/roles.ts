import { adminRole } from './admin-role.js';
import { campaignRole } from './campaign-role.js';
import { deliverRole } from './deliver-role.js';
import { ingestRole } from './ingest-role.js';
import { processRole } from './process-role.js';
import type { Role } from './role.js';
import { segmentRole } from './segment-role.js';
import { trackRole } from './track-role.js';

/** All roles that run something of their own, in the order of the data. */
export const ROLES: readonly Role[] = [
  ingestRole,
  processRole,
  segmentRole,
  campaignRole,
  deliverRole,
  trackRole,
  adminRole,
];

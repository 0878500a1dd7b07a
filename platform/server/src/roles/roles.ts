import { adminRole } from './admin-role.js';
import { ingestRole } from './ingest-role.js';
import { processRole } from './process-role.js';
import type { Role } from './role.js';

/** All roles, in the order of the data. */
export const ROLES: readonly Role[] = [ingestRole, processRole, adminRole];

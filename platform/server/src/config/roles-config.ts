import { z } from 'zod';
import { list } from './setting.js';

export const ROLE_NAMES = ['ingest', 'process', 'segment', 'campaign', 'deliver', 'track', 'stream', 'admin'] as const;
export type RoleName = (typeof ROLE_NAMES)[number];

const isRole = (item: string): boolean => item === 'all' || (ROLE_NAMES as readonly string[]).includes(item);

export const rolesSettings = z.object({
  CDP_ROLES: list('all, or comma-separated roles', isRole, `write all, or some of ${ROLE_NAMES.join(', ')}`)
    .refine((roles) => roles.length > 0, `write all, or some of ${ROLE_NAMES.join(', ')}`)
    .prefault('all')
    .describe('What this process does; `cdp roles` prints the table.'),
});

/** The roles of this process, in the order of the data. */
export const rolesConfig = rolesSettings.transform((env): RoleName[] =>
  env.CDP_ROLES.includes('all') ? [...ROLE_NAMES] : ROLE_NAMES.filter((role) => env.CDP_ROLES.includes(role)),
);

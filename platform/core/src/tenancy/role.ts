/** What a person may be in a tenant, from most to least. */
export const ROLES = ['owner', 'admin', 'operator', 'analyst'] as const;
export type Role = (typeof ROLES)[number];

/** The role that abilities are worked out for: a platform admin has one in every tenant. */
export type EffectiveRole = Role | 'platform_admin';

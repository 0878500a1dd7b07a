import { AbilityBuilder, createMongoAbility, type MongoAbility } from '@casl/ability';
import type { EffectiveRole, Role } from './role.js';

/** What can be done. `run` starts, stops, tests and sends; `manage` stands for all of them. */
export const ACTIONS = ['read', 'create', 'update', 'delete', 'run', 'export'] as const;
export type Action = (typeof ACTIONS)[number];

/** What it can be done to. `PersonalData` is what the tenant's privacy settings name, wherever it stands. */
export const RESOURCES = [
  'Tenant',
  'Settings',
  'App',
  'User',
  'Session',
  'AuditEntry',
  'Profile',
  'PersonalData',
  'Event',
  'RejectedEvent',
  'Schema',
  'Aggregate',
  'Segment',
  'Template',
  'Campaign',
  'Journey',
  'Channel',
  'ConsentPolicy',
  'Suppression',
  'Import',
  'Stream',
  'LocalInbox',
  'Platform',
] as const;
export type Resource = (typeof RESOURCES)[number];

/** The fields of a user's place in the tenant that a rule may look at. */
interface UserSubject {
  __caslSubjectType__?: 'User';
  role: Role;
}

export type CdpAbility = MongoAbility<[Action | 'manage', Resource | 'all' | UserSubject]>;

const CONTENT = ['Segment', 'Template', 'Campaign', 'Journey', 'Import', 'Aggregate', 'Schema'] satisfies Resource[];
const VISIBLE_TO_ALL = [
  'Tenant',
  'Settings',
  'Profile',
  'Event',
  'Schema',
  'Aggregate',
  'Segment',
  'Template',
  'Campaign',
  'Journey',
  'Channel',
  'ConsentPolicy',
  'Import',
  'Stream',
] satisfies Resource[];

const abilities: Record<'plain' | 'personal', Partial<Record<EffectiveRole, CdpAbility>>> = { plain: {}, personal: {} };

/** What a role may do in its tenant. `personalData` grants an analyst the sight of personal data. Made once, and shared. */
export function abilityOf(role: EffectiveRole, { personalData = false }: { personalData?: boolean } = {}): CdpAbility {
  const made = abilities[personalData ? 'personal' : 'plain'];
  made[role] ??= makeAbility(role, personalData);
  return made[role];
}

function makeAbility(role: EffectiveRole, personalData: boolean): CdpAbility {
  const { can, cannot, build } = new AbilityBuilder<CdpAbility>(createMongoAbility);
  switch (role) {
    case 'platform_admin':
      can('manage', 'all');
      break;
    case 'owner':
      can('manage', 'all');
      cannot('manage', 'Platform');
      cannot(['create', 'delete'], 'Tenant');
      break;
    case 'admin':
      can('manage', 'all');
      cannot('manage', 'Platform');
      cannot(['create', 'delete'], 'Tenant');
      cannot(['create', 'update', 'delete'], 'User', { role: 'owner' });
      break;
    case 'operator':
      can('read', VISIBLE_TO_ALL);
      can('read', ['App', 'RejectedEvent', 'Suppression', 'PersonalData', 'LocalInbox']);
      can('manage', CONTENT);
      can(['create', 'update', 'delete', 'export'], 'Profile');
      can('run', ['Channel', 'RejectedEvent']);
      can(['create', 'delete'], 'Suppression');
      break;
    case 'analyst':
      can('read', VISIBLE_TO_ALL);
      if (personalData) can('read', ['PersonalData', 'RejectedEvent']);
      break;
  }
  return build();
}

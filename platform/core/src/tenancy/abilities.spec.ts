import { subject } from '@casl/ability';
import { describe, expect, it } from '@jest/globals';
import { type Action, abilityOf, type Resource } from './abilities.js';
import type { EffectiveRole, Role } from './role.js';

const user = (role: Role) => subject('User', { role });

const EVERYONE: EffectiveRole[] = ['platform_admin', 'owner', 'admin', 'operator', 'analyst'];

describe('abilityOf', () => {
  const able = (action: Action, resource: Resource) => EVERYONE.filter((role) => abilityOf(role).can(action, resource));

  it.each<[Action, Resource, EffectiveRole[]]>([
    ['read', 'Profile', EVERYONE],
    ['read', 'Segment', EVERYONE],
    ['read', 'PersonalData', ['platform_admin', 'owner', 'admin', 'operator']],
    ['read', 'LocalInbox', ['platform_admin', 'owner', 'admin', 'operator']],
    ['export', 'Profile', ['platform_admin', 'owner', 'admin', 'operator']],
    ['create', 'Segment', ['platform_admin', 'owner', 'admin', 'operator']],
    ['run', 'Campaign', ['platform_admin', 'owner', 'admin', 'operator']],
    ['run', 'Channel', ['platform_admin', 'owner', 'admin', 'operator']],
    ['create', 'Channel', ['platform_admin', 'owner', 'admin']],
    ['create', 'App', ['platform_admin', 'owner', 'admin']],
    ['update', 'Settings', ['platform_admin', 'owner', 'admin']],
    ['read', 'AuditEntry', ['platform_admin', 'owner', 'admin']],
    ['read', 'User', ['platform_admin', 'owner', 'admin']],
    ['create', 'Tenant', ['platform_admin']],
    ['delete', 'Tenant', ['platform_admin']],
    ['read', 'Platform', ['platform_admin']],
  ])('%s %s', (action, resource, expected) => {
    expect(able(action, resource)).toEqual(expected);
  });

  it('lets only owners touch owners', () => {
    for (const action of ['create', 'update', 'delete'] as const) {
      expect(abilityOf('owner').can(action, user('owner'))).toBe(true);
      expect(abilityOf('admin').can(action, user('owner'))).toBe(false);
      expect(abilityOf('admin').can(action, user('admin'))).toBe(true);
      expect(abilityOf('operator').can(action, user('analyst'))).toBe(false);
    }
  });

  it('grants personal data to an analyst by name', () => {
    expect(abilityOf('analyst', { personalData: true }).can('read', 'PersonalData')).toBe(true);
    expect(abilityOf('analyst', { personalData: true }).can('create', 'Segment')).toBe(false);
  });
});

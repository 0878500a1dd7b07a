import { describe, expect, it } from '@jest/globals';
import type { AudienceSubject } from './audience.contract.js';
import {
  all,
  buildOf,
  CONTEXT,
  document,
  EVERYONE,
  fitting,
  membersOf,
  move,
  NOW,
  profileId,
  project,
} from './audience-samples.contract.js';

export function describeAudienceTenants(subject: AudienceSubject): void {
  describe('erase', () => {
    it('takes a profile out of rules, segments, differences and snapshots, also one that is on its way', async () => {
      const { audience } = subject;
      await project(audience, [document(1), document(2)]);
      await audience.build('acme', buildOf('s', EVERYONE));
      await audience.snapshot('acme', 's', 'run');
      await audience.apply('acme', [move('t', 1, 'entered', 5), move('t', 2, 'entered', 5)]);
      await audience.project('acme', [document(1, {}, { version: 2 })]);
      await audience.erase('acme', profileId(1));
      await audience.refresh('acme');
      expect(await fitting(audience, EVERYONE)).toEqual([2]);
      expect(await membersOf(audience, 's')).toEqual({ 2: NOW });
      expect(await membersOf(audience, 't')).toEqual({ 2: 5 });
      expect(await all((page) => audience.find('acme', 'user-1', page))).toEqual([]);
      expect(await all((page) => audience.snapshotMembers('acme', 'run', page))).toEqual([profileId(2)]);
      expect((await all((page) => audience.changes('acme', 's', page))).map((one) => one.profileId)).toEqual([
        profileId(2),
      ]);
      expect(await audience.membershipsOf('acme', [profileId(1)], ['s', 't'])).toEqual(new Map());
      await audience.erase('acme', 'nobody');
    });
  });

  describe('deleteSegment', () => {
    it('takes the members away, and a segment of the same id is new', async () => {
      const { audience } = subject;
      await project(audience, [document(1)]);
      await audience.build('acme', buildOf('s', EVERYONE));
      await audience.apply('acme', [move('s', 2, 'entered', 5), move('t', 2, 'entered', 6)]);
      await audience.deleteSegment('acme', 's');
      expect(await audience.size('acme', 's')).toBe(0);
      expect(await membersOf(audience, 's')).toEqual({});
      expect(await membersOf(audience, 't')).toEqual({ 2: 6 });
      expect(await audience.build('acme', buildOf('s', EVERYONE, NOW + 1))).toEqual({ size: 1, entered: 1, exited: 0 });
      expect(await membersOf(audience, 's')).toEqual({ 1: NOW + 1 });
      await audience.deleteSegment('acme', 'unknown');
    });
  });

  describe('tenants', () => {
    it('never see what another has, whatever the ids', async () => {
      const { audience } = subject;
      const tenants = ['acme', 'Acme', 'a_c', 'ac"me'];
      for (const [index, tenantId] of tenants.entries()) {
        await project(audience, [document(1, { plan: tenantId }), document(index + 2)], tenantId);
        await audience.build(tenantId, buildOf('s', { trait: 'plan', op: 'exists' }, NOW + index));
        await audience.apply(tenantId, [move('s', 50 + index, 'entered', 1)]);
        await audience.snapshot(tenantId, 's', 'run');
      }
      for (const [index, tenantId] of tenants.entries()) {
        expect(await fitting(audience, EVERYONE, tenantId)).toEqual([1, index + 2]);
        expect(await fitting(audience, { trait: 'plan', op: 'eq', value: tenantId }, tenantId)).toEqual([1]);
        expect(await membersOf(audience, 's', tenantId)).toEqual({ 1: NOW + index, [50 + index]: 1 });
      }
      await audience.erase('Acme', profileId(1));
      await audience.project('a_c', [document(7)]);
      await audience.deleteTenant('a_c');
      await subject.reopen();
      expect(await fitting(subject.audience, EVERYONE, 'acme')).toEqual([1, 2]);
      expect(await subject.audience.count('a_c', EVERYONE, CONTEXT, 5)).toEqual({ count: 0, total: 0, sample: [] });
      expect(await membersOf(subject.audience, 's', 'a_c')).toEqual({});
      expect(await subject.audience.snapshotMembers('a_c', 'run', { limit: 5 })).toEqual({
        items: [],
        nextCursor: null,
      });
      expect(await membersOf(subject.audience, 's', 'Acme')).toEqual({ 51: 1 });
      expect(await fitting(subject.audience, EVERYONE, 'nobody')).toEqual([]);
    });
  });
}

import type { Json, JsonObject } from '@cdp/core/kernel';
import type { ProfileDocument } from '@cdp/core/profile';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventFields, measuredNumber } from './event-fields.js';
import { profileFields } from './profile-fields.js';
import { sortable, tenantKey } from './value-term.js';

const T = tenantKey('acme');

const profile = (traits: JsonObject, more: Partial<ProfileDocument> = {}): ProfileDocument => ({
  tenantId: 'acme',
  id: 'p1',
  version: 7,
  state: 'active',
  identifiers: [{ type: 'email', value: 'Ann@x.example' }],
  traits: Object.fromEntries(Object.entries(traits).map(([name, value]) => [name, { value, at: 1 }])),
  devices: [],
  consents: [],
  firstSeenAt: 1,
  lastSeenAt: 2,
  aggregates: {},
  memberships: {},
  ...more,
});

const termsOf = (properties: JsonObject): string[] =>
  eventFields('acme', { type: 'track', properties }).terms.map((term) => term.slice(T.length));

describe('the fields that rules search by', () => {
  it('write the order of numbers', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (one, other) => {
        const [a, b] = [sortable(one), sortable(other)];
        expect(a < b ? -1 : a > b ? 1 : 0).toBe(one < other ? -1 : one > other ? 1 : 0);
      }),
    );
    expect(sortable(-0)).toBe(sortable(0));
  });

  it('tell kinds, lists and paths apart', () => {
    expect(termsOf({ plan: 'gold', tags: ['Red', 1, null, [true]], 'a.b': 1, deep: { er: [{ x: false }] } })).toEqual([
      'xplan:',
      'eplan:gold',
      'xtags:',
      'Stags:Red',
      'Ftags:red',
      `Ntags:${sortable(1)}`,
      `Ktags:${sortable(1).slice(0, 6)}`,
      'Btags:1',
      'xdeep:',
      'xdeep.er:',
      'xdeep.er.x:',
      'bdeep.er.x:0',
    ]);
    expect(termsOf({ on: '2024-02-29' })).toContain('mon:02292024');
    expect(termsOf({ at: '2024-03-01T01:00:00+05:00' })).toContain('wat:02292024');
  });

  it('bound every term, whatever the texts and names', () => {
    const long = 'Ä'.repeat(50_000);
    const odd: Json = { [long]: long, '': '', 'a:b': '\ud800', __proto__: 'x' };
    const terms = termsOf({ odd, list: [long] });
    for (const term of terms) expect(Buffer.byteLength(term)).toBeLessThan(4_000);
    expect(terms.filter((term) => term.startsWith('o'))).toHaveLength(2);
    expect(terms.filter((term) => term.startsWith('Olist:'))).toHaveLength(1);
    const { values } = eventFields('acme', { type: 'track', properties: { odd } });
    for (const key of Object.keys(values)) expect(key).toMatch(/^[\w$.#-]+$/);
  });

  it('keep what is measured of an event exactly, with how often a number is there', () => {
    const { values } = eventFields('acme', {
      type: 'track',
      properties: { items: [{ price: 0.1 }, { price: 0.1 }, { price: '5' }] },
    });
    expect(values).toEqual({ 'items.price': ['n0.1*2', 't5'] });
    expect((values['items.price'] ?? []).map(measuredNumber)).toEqual([{ number: 0.1, times: 2 }, undefined]);
    expect(measuredNumber('n-1e+21')).toEqual({ number: -1e21, times: 1 });
  });

  it('of a profile are its identifiers, consents and devices too, and nothing of one that is no more', () => {
    const consents = [{ channel: 'email', status: 'granted' as const, at: 1 }];
    const devices = [{ token: 't', platform: 'ios' as const, registeredAt: 1, lastSeenAt: 1 }];
    const document = profile({ age: 4 }, { consents, devices });
    expect(profileFields(document, { partition: 3 })).toEqual({
      tenantId: 'acme',
      profileId: 'p1',
      state: 'active',
      version: 7,
      partition: 3,
      firstSeenAt: 1,
      lastSeenAt: 2,
      terms: [
        'xage:',
        `nage:${sortable(4)}`,
        `kage:${sortable(4).slice(0, 6)}`,
        's@email:Ann@x.example',
        'f@email:ann@x.example',
        'c["email",null,"granted"]',
        'pios',
      ].map((term) => T + term),
    });
    expect(profileFields({ ...document, state: 'merged' }, { partition: 3 }).terms).toEqual([]);
  });
});

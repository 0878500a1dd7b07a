import { describe, expect, it } from '@jest/globals';
import { MASK, PersonalData } from './personal-data.js';
import { DEFAULT_TENANT_SETTINGS } from './tenant-settings.js';

describe('PersonalData', () => {
  const personal = new PersonalData(DEFAULT_TENANT_SETTINGS.privacy);

  it('finds personal fields at any depth, however their names are written', () => {
    const traits = { first_name: 'A', 'Last-Name': 'B', EMAIL: ['a@x', 'b@x'], plan: 'pro', address: { city: 'Rome' } };
    expect(personal.fields({ ...traits, list: [{ phone: 1 }, 'text'] })).toEqual({
      first_name: MASK,
      'Last-Name': MASK,
      EMAIL: MASK,
      plan: 'pro',
      address: MASK,
      list: [{ phone: MASK }, 'text'],
    });
  });

  it('says nothing of length, and leaves null and other fields as they are', () => {
    expect(personal.fields({ email: 'a', phone: null, nickname: 'x' })).toEqual({
      email: MASK,
      phone: null,
      nickname: 'x',
    });
  });

  it('masks the parts of an event and keeps the rest', () => {
    const event = {
      name: 'Signed Up',
      properties: { email: 'a@x', price: 3 },
      context: { ip: '1.2.3.4', page: { path: '/' }, traits: { name: 'Ann' } },
    };
    expect(personal.mask(event)).toEqual({
      name: 'Signed Up',
      properties: { email: MASK, price: 3 },
      context: { ip: MASK, page: { path: '/' }, traits: { name: MASK } },
    });
    expect(event.properties.email).toBe('a@x');
  });

  it('knows types of identifiers', () => {
    expect(['email', 'Phone', 'userId'].map((type) => personal.isPersonalType(type))).toEqual([true, true, false]);
  });
});

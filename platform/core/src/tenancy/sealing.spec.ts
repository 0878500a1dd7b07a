import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { MasterKeys } from './master-keys.js';
import { openBytes, sealBytes } from './sealing.js';

describe('sealing', () => {
  const key = randomBytes(32);

  it('opens what it sealed, and seals the same differently each time', () => {
    const sealed = [1, 2].map(() => sealBytes(key, 'here', Buffer.from('secret')));
    expect(sealed.map((one) => openBytes(key, 'here', one).toString())).toEqual(['secret', 'secret']);
    expect(sealed[0]?.equals(sealed[1] as Buffer)).toBe(false);
  });

  it('does not open with another key, in another place, or after any bit was changed', () => {
    const sealed = sealBytes(key, 'here', Buffer.from('secret'));
    expect(() => openBytes(randomBytes(32), 'here', sealed)).toThrow();
    expect(() => openBytes(key, 'there', sealed)).toThrow();
    expect(() => openBytes(key, 'here', sealed.subarray(0, 20))).toThrow();
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] as number) ^ 1;
      expect(() => openBytes(key, 'here', changed)).toThrow();
    }
  });
});

describe('MasterKeys', () => {
  it('derives the same key for a purpose at every start, and another for another', () => {
    const key = randomBytes(32);
    const [a, b] = [new MasterKeys(key), new MasterKeys(key)].map((keys) => keys.derived('x')[0]?.key as Buffer);
    expect(a?.equals(b as Buffer)).toBe(true);
    expect(a?.equals(new MasterKeys(key).derived('y')[0]?.key as Buffer)).toBe(false);
    expect(a?.equals(key)).toBe(false);
  });

  it('keeps former keys for opening, the current first', () => {
    const [current, former] = [randomBytes(32), randomBytes(32)] as [Buffer, Buffer];
    const keys = new MasterKeys(current, [former]);
    expect(keys.derived('x')).toHaveLength(2);
    expect(keys.derived('x')[0]?.id).toBe(keys.current.id);
    expect(keys.byId(new MasterKeys(former).current.id)?.key.equals(former)).toBe(true);
    expect(keys.byId('another')).toBeUndefined();
    expect(() => new MasterKeys(randomBytes(16))).toThrow('32 bytes');
  });
});

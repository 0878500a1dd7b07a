import { describe, expect, it } from '@jest/globals';
import { newTemporaryPassword, Passwords } from './passwords.js';

describe('Passwords', () => {
  const passwords = new Passwords();

  it('checks a password against its hash, and no hash matches nothing', async () => {
    const hash = await passwords.hash('correct horse');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await passwords.matches(hash, 'correct horse')).toBe(true);
    expect(await passwords.matches(hash, 'wrong horse')).toBe(false);
    expect(await passwords.matches(null, 'no account has this password')).toBe(false);
    expect(await passwords.matches(undefined, '')).toBe(false);
  });

  it('refuses what it cannot get to soon, instead of piling it up', async () => {
    const hash = await passwords.hash('x');
    const outcomes = await Promise.allSettled(Array.from({ length: 210 }, () => passwords.matches(hash, 'x')));
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(6);
    expect(refused[0]).toMatchObject({ reason: { code: 'unavailable', retryAfter: 2 } });
    expect(await passwords.matches(hash, 'x')).toBe(true);
  });

  it('makes temporary ones that can be read out and do not repeat', () => {
    const made = new Set(Array.from({ length: 100 }, newTemporaryPassword));
    expect(made.size).toBe(100);
    for (const password of made) expect(password).toMatch(/^([a-km-zA-HJ-NP-Z2-9]{5}-){3}[a-km-zA-HJ-NP-Z2-9]{5}$/);
  });
});

import { describe, expect, it } from '@jest/globals';
import { REDACTED, redact } from './audit-trail.js';

describe('redact', () => {
  it('leaves out what is named like a secret, wherever it stands, and keeps what only says that there is one', () => {
    expect(
      redact({
        name: 'x',
        password: 'p',
        config: { smtpPassword: 'p', apiKey: 'k', host: 'h', tokens: ['t'] },
        clientSecret: { value: 1 },
        hasPassword: true,
        mustChangePassword: false,
        secret: null,
        passwordHash: '$argon2',
        accessToken: 'eyJ',
        headers: [{ Authorization: 'Bearer x', Accept: '*/*' }],
      }),
    ).toEqual({
      name: 'x',
      password: REDACTED,
      config: { smtpPassword: REDACTED, apiKey: REDACTED, host: 'h', tokens: REDACTED },
      clientSecret: REDACTED,
      hasPassword: true,
      mustChangePassword: false,
      secret: null,
      passwordHash: REDACTED,
      accessToken: REDACTED,
      headers: [{ Authorization: REDACTED, Accept: '*/*' }],
    });
  });
});

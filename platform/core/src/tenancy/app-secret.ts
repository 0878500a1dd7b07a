import { randomBytes } from 'node:crypto';
import type { SecretPlace } from './secret-box.js';

/** Where the secret of an app is sealed to. */
export const secretPlace = (secretId: string): SecretPlace => ({
  table: 'app_secrets',
  row: secretId,
  field: 'secret',
});

/** 256 random bits; the prefix lets scanners of code recognise a leaked one. */
export const newSecretKey = (): string => `cdp_sk_${randomBytes(32).toString('base64url')}`;

/** 120 random bits in letters and digits, since it stands in addresses and in the code of pages. */
export const newAppKey = (): string => `ak_${randomBytes(15).toString('hex')}`;

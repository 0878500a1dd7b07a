import { resolve } from 'node:path';
import { z } from 'zod';
import { list, text } from './setting.js';

const isMasterKey = (value: string): boolean =>
  /^[A-Za-z0-9+/_-]{43}=?$/.test(value) && Buffer.from(value, 'base64').length === 32;

export const dataSettings = z.object({
  CDP_DATA_DIR: text('path', () => true, 'write a folder')
    .prefault('.cdp')
    .describe(
      'Folder of the embedded stores, for one process at a time. On the production engines: of uploaded files and what plugins keep, shared by all processes.',
    ),
  CDP_MASTER_KEY: text('32 bytes, base64', isMasterKey, 'write 32 bytes as base64, made with: openssl rand -base64 32')
    .optional()
    .meta({ secret: true, otherwise: 'made at the first start and kept, mode 0600, in the data folder' })
    .describe('Wraps the data keys of the tenants, under which secrets are kept. Losing it loses them.'),
  CDP_FORMER_MASTER_KEYS: list(
    'comma-separated keys of 32 bytes, base64',
    isMasterKey,
    'write keys of 32 bytes as base64, separated by commas',
  )
    .prefault('')
    .meta({ notation: 'comma-separated keys of 32 bytes, base64', secret: true })
    .describe(
      'Master keys from before a change of `CDP_MASTER_KEY`. At the next start the data keys are put under the new one; logins and links in messages that were made under an old one work for as long as it stands here.',
    ),
});

export interface DataConfig {
  /** Absolute. */
  dir: string;
  masterKey: Buffer | undefined;
  formerMasterKeys: readonly Buffer[];
}

export const dataConfig = dataSettings.transform(
  (env): DataConfig => ({
    dir: resolve(env.CDP_DATA_DIR),
    masterKey: env.CDP_MASTER_KEY === undefined ? undefined : Buffer.from(env.CDP_MASTER_KEY, 'base64'),
    formerMasterKeys: env.CDP_FORMER_MASTER_KEYS.map((key) => Buffer.from(key, 'base64')),
  }),
);

import { z } from 'zod';
import { text } from './setting.js';

export const cliSettings = z.object({
  CDP_URL: text('URL', (value) => URL.canParse(value), 'write the URL of the platform, such as http://127.0.0.1:3000')
    .optional()
    .meta({ otherwise: 'that of the last `cdp login`, else http://127.0.0.1:3000' })
    .describe('Platform that the command line talks to.'),
  CDP_TOKEN: text('access token', () => true, 'write an access token')
    .optional()
    .meta({ secret: true, otherwise: 'that of the last `cdp login`' })
    .describe('Access token of the command line.'),
  CDP_TENANT: text('tenant id', () => true, 'write the id of a tenant')
    .optional()
    .meta({ otherwise: 'the only tenant of the user' })
    .describe('Tenant that the command line works on, for those who have several.'),
});

export interface CliConfig {
  url: string | undefined;
  token: string | undefined;
  tenantId: string | undefined;
}

export const cliConfig = cliSettings.transform(
  (env): CliConfig => ({ url: env.CDP_URL, token: env.CDP_TOKEN, tenantId: env.CDP_TENANT }),
);

import { z } from 'zod';
import { expiresInSchema } from './expires-in.js';

export const inAppConfigSchema = z.strictObject({
  expiresIn: expiresInSchema.default('30d').meta({
    title: 'Expires in',
    description: 'How long a message stays in an inbox, where its template says nothing else: 15m, 12h, 30d.',
  }),
});

export type InAppConfig = z.output<typeof inAppConfigSchema>;

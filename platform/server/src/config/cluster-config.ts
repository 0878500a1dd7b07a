import { z } from 'zod';
import { wholeNumber } from './setting.js';

export const clusterSettings = z.object({
  CDP_PROCESSES: wholeNumber(1, 16)
    .prefault('1')
    .describe('Processes of each role where `npm run start:engines` runs the roles apart.'),
});

export const clusterConfig = clusterSettings.transform((env) => ({ processes: env.CDP_PROCESSES }));

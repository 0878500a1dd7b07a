import { z } from 'zod';
import { choice } from './setting.js';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export const operationsSettings = z.object({
  CDP_LOG_LEVEL: choice(...LOG_LEVELS)
    .prefault('info')
    .describe('Least severe log line that is written. `debug` also logs each request of the write API.'),
});

export interface OperationsConfig {
  logLevel: (typeof LOG_LEVELS)[number];
}

export const operationsConfig = operationsSettings.transform(
  (env): OperationsConfig => ({ logLevel: env.CDP_LOG_LEVEL }),
);

import { z } from 'zod';
import { duration } from './setting.js';

export const retentionSettings = z.object({
  CDP_LOG_RETENTION: duration()
    .prefault('30d')
    .describe(
      'How long the log keeps what every consumer has handled. Projections can be made anew from it, and an erasure waits for its end until the last copy is gone.',
    ),
  CDP_REJECTED_RETENTION: duration().prefault('30d').describe('How long refused events can be looked at.'),
  CDP_IMPORT_RETENTION: duration()
    .prefault('90d')
    .describe('How long a finished import and the file of its refused rows can be looked at.'),
});

/** All in milliseconds. */
export interface RetentionConfig {
  logMs: number;
  rejectedMs: number;
  importsMs: number;
}

export const retentionConfig = retentionSettings.transform(
  (env): RetentionConfig => ({
    logMs: env.CDP_LOG_RETENTION,
    rejectedMs: env.CDP_REJECTED_RETENTION,
    importsMs: env.CDP_IMPORT_RETENTION,
  }),
);

import { isoTime } from '@cdp/core/kernel';
import { z } from 'zod';

/** RFC 3339 with a zone in what clients send, epoch milliseconds within. */
export const instantSchema = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .meta({ description: 'RFC 3339.' });

/** How times are written in answers. */
export const timeSchema = z.string().meta({ format: 'date-time' });

export const iso = isoTime;

export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

import { z } from 'zod';

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const LONGEST_MS = 366 * UNIT_MS.d;

/** Reads `15m`, `12h` or `30d` into milliseconds; undefined for anything else, and for more than a year. */
export function readExpiresIn(text: string): number | undefined {
  const match = /^([1-9]\d{0,6})([mhd])$/.exec(text);
  if (!match) return undefined;
  const ms = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  return ms <= LONGEST_MS ? ms : undefined;
}

export const expiresInSchema = z
  .string()
  .refine((text) => readExpiresIn(text) !== undefined, 'A time such as 15m, 12h or 30d, a year at the most.');

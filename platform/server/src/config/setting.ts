import { parseDuration } from '@cdp/core/kernel';
import { z } from 'zod';

/** What the reference says of a setting, beside its description. */
export interface SettingMeta {
  /** How a value is written, such as `duration` or `size`. */
  notation: string;
  /** Never shown in logs, in the reference or in errors. */
  secret?: true;
  /** What happens without a value, where that is not a plain default. */
  otherwise?: string;
}

const UNIT_BYTES = { B: 1, KB: 1_024, MB: 1_048_576, GB: 1_073_741_824 } as const;

/** Reads `512B`, `32KB`, `4MB` or `1GB` (powers of 1,024) into bytes; undefined when it is not a size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,9})(B|KB|MB|GB)$/.exec(text);
  return match ? Number(match[1]) * UNIT_BYTES[match[2] as keyof typeof UNIT_BYTES] : undefined;
}

function read<T>(meta: SettingMeta, mend: string, parse: (text: string) => T | undefined) {
  return z
    .string()
    .transform((text, context): T => {
      const value = parse(text.trim());
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: mend });
      return z.NEVER;
    })
    .meta({ ...meta });
}

export const wholeNumber = (min: number, max: number) =>
  read({ notation: `whole number, ${min} to ${max}` }, `write a whole number from ${min} to ${max}`, (text) => {
    const value = Number(text);
    return /^\d+$/.test(text) && value >= min && value <= max ? value : undefined;
  });

/** Milliseconds. */
export const duration = () =>
  read({ notation: 'duration: 500ms, 10s, 15m, 24h, 30d' }, 'write a duration such as 10s, 15m or 24h', parseDuration);

/** Bytes. */
export const size = () =>
  read({ notation: 'size: 512B, 32KB, 4MB, 1GB' }, 'write a size such as 32KB or 4MB', parseSize);

export const flag = () =>
  read({ notation: '1 or 0' }, 'write 1 (or true) or 0 (or false)', (text) =>
    ['1', 'true'].includes(text) ? true : ['0', 'false'].includes(text) ? false : undefined,
  );

export const list = (notation: string, isItem: (item: string) => boolean, mend: string) =>
  read({ notation }, mend, (text) => {
    const items = text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
    return items.every(isItem) ? items : undefined;
  });

export const choice = <const T extends string>(...values: T[]) =>
  read({ notation: values.join(' | ') }, `write one of ${values.join(', ')}`, (text) =>
    values.find((value) => value === text),
  );

export const text = (notation: string, isText: (text: string) => boolean, mend: string) =>
  read({ notation }, mend, (value) => (value !== '' && isText(value) ? value : undefined));

import { toValue } from 'liquidjs';

/** A value as LiquidJS writes it. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const plain: unknown = toValue(value);
  if (plain === undefined || plain === null) return '';
  if (Array.isArray(plain)) return plain.map(textOf).join('');
  // An object may be without any way to become text; that is no reason to fail.
  return typeof plain === 'object' ? '[object Object]' : String(plain);
}

import { isJsonObject, type Json, type JsonObject } from '../kernel/index.js';

/** Asked of one value at the end of a path; `inList` where the path ends in a list that the value stands in. */
export type ValueTest = (value: string | number | boolean | JsonObject, inList: boolean) => boolean;

function someElement(list: readonly Json[], test: ValueTest): boolean {
  for (const element of list) {
    if (element === null) continue;
    if (Array.isArray(element) ? someElement(element, test) : test(element, true)) return true;
  }
  return false;
}

function someFrom(value: Json, keys: readonly string[], at: number, test: ValueTest): boolean {
  if (value === null) return false;
  if (at === keys.length) return Array.isArray(value) ? someElement(value, test) : test(value, false);
  if (Array.isArray(value)) {
    for (const element of value) if (someFrom(element, keys, at, test)) return true;
    return false;
  }
  if (typeof value !== 'object') return false;
  const key = keys[at] as string;
  return Object.hasOwn(value, key) && someFrom(value[key] as Json, keys, at + 1, test);
}

/** Whether some value at the end of the path passes the test. The path's keys start at `from`. */
export const someValueAt = (root: Json, keys: readonly string[], from: number, test: ValueTest): boolean =>
  someFrom(root, keys, from, test);

export const splitPath = (path: string): string[] => path.split('.');

/** All scalars at the end of the path, in their order. */
export function scalarsAt(root: Json, keys: readonly string[]): (string | number | boolean)[] {
  const scalars: (string | number | boolean)[] = [];
  someFrom(root, keys, 0, (value) => {
    if (!isJsonObject(value)) scalars.push(value);
    return false;
  });
  return scalars;
}

import type { Json, JsonObject } from '@cdp/core/kernel';

/** Stands for an object at the end of a path: of objects only their presence counts. */
export const PRESENT = Symbol('present');

export type FlatValue = string | number | boolean | typeof PRESENT;

/**
 * Is told every value of a document and the path by which a rule names it: keys joined by dots, lists gone into without
 * a step of the path. `listed`: an element of a list at the path's end. `repeatable`: some list is on the way, so that
 * the path may come again.
 */
export type ValueVisitor = (path: string, value: FlatValue, listed: boolean, repeatable: boolean) => void;

/** `null` and keys with a dot, which no rule can name, are left out. */
export function visitValues(document: JsonObject, visit: ValueVisitor, prefix = '', repeatable = false): void {
  for (const [key, value] of Object.entries(document)) {
    if (value !== null && !key.includes('.')) visitLeaf(prefix + key, value, visit, false, repeatable);
  }
}

function visitLeaf(
  path: string,
  value: Exclude<Json, null>,
  visit: ValueVisitor,
  listed: boolean,
  repeatable: boolean,
): void {
  if (typeof value === 'number') visit(path, value + 0, listed, repeatable);
  else if (typeof value !== 'object') visit(path, value, listed, repeatable);
  else if (Array.isArray(value)) {
    for (const element of value) if (element !== null) visitLeaf(path, element, visit, true, true);
  } else {
    visit(path, PRESENT, listed, repeatable);
    visitValues(value, visit, `${path}.`, repeatable);
  }
}

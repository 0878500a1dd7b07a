import type { JsonObject } from '../kernel/index.js';
import { at, item, type RuleMistakes } from './rule-mistakes.js';

const GROUPS: readonly string[] = ['all', 'any', 'not'];

export type CheckLeaf = (object: JsonObject, kind: string, path: string) => void;

/** A tree of all, any and not over leaves that have exactly one of the keys `kinds`: of rules, and of filters over events. */
export function checkTree(
  value: unknown,
  path: string,
  mistakes: RuleMistakes,
  kinds: readonly string[],
  leaf: CheckLeaf,
  depth = 1,
): void {
  if (depth > mistakes.limits.depth) {
    const { depth: most } = mistakes.limits;
    mistakes.add(path, `More than ${most} levels. Flatten the rule, or move a part into a segment and nest it.`);
    return;
  }
  const object = mistakes.object(value, path, 'A rule');
  if (object === undefined) return;
  const present = [...GROUPS, ...kinds].filter((kind) => Object.hasOwn(object, kind));
  const [kind] = present;
  if (kind === undefined || present.length > 1) {
    const choice = [...GROUPS, ...kinds].join(', ');
    mistakes.add(path, `A rule has exactly one of ${choice}; this has ${present.join(' and ') || 'none'}.`);
    return;
  }
  if (!GROUPS.includes(kind)) {
    mistakes.countCondition(path);
    leaf(object, kind, path);
    return;
  }
  mistakes.onlyKeys(object, path, [kind]);
  const inside = object[kind];
  const inner = at(path, kind);
  if (kind === 'not') checkTree(inside, inner, mistakes, kinds, leaf, depth + 1);
  else if (!Array.isArray(inside)) mistakes.add(inner, 'This must be a list of rules.');
  else if (inside.length > mistakes.limits.conditions)
    mistakes.add(inner, `A group has at most ${mistakes.limits.conditions} rules.`);
  else
    for (const [index, one] of inside.entries()) checkTree(one, item(inner, index), mistakes, kinds, leaf, depth + 1);
}

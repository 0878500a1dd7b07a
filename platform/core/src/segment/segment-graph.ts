import type { Rule } from './rule.js';
import type { Segment } from './segment.js';

/** Ids of the segments that a rule names itself. */
export function nestedIn(rule: Rule): string[] {
  if ('all' in rule) return rule.all.flatMap(nestedIn);
  if ('any' in rule) return rule.any.flatMap(nestedIn);
  if ('not' in rule) return nestedIn(rule.not);
  return 'segment' in rule ? [rule.segment] : [];
}

/** Names of the aggregates that a rule asks itself. */
export function aggregatesIn(rule: Rule): string[] {
  if ('all' in rule) return rule.all.flatMap(aggregatesIn);
  if ('any' in rule) return rule.any.flatMap(aggregatesIn);
  if ('not' in rule) return aggregatesIn(rule.not);
  return 'aggregate' in rule ? [rule.aggregate] : [];
}

/** Segments that ask the aggregate of this name, or did when they were last built, and those that nest one of them. */
export function usersOf(aggregate: string, segments: readonly Segment[]): Segment[] {
  const direct = segments.filter(({ rule, live }) =>
    [rule, ...(live === null ? [] : [live.rule])].some((one) => aggregatesIn(one).includes(aggregate)),
  );
  return [...new Set([...direct, ...direct.flatMap(({ id }) => dependentsOf(id, segments))])];
}

/** Segments that nest the given one, at any depth, those nearest to it first. */
export function dependentsOf(id: string, segments: readonly Segment[]): Segment[] {
  const found: Segment[] = [];
  const wanted = [id];
  for (const target of wanted)
    for (const segment of segments)
      if (!wanted.includes(segment.id) && nestedIn(segment.rule).includes(target)) {
        wanted.push(segment.id);
        found.push(segment);
      }
  return found;
}

/** The names on the way from a segment with this rule back to itself; undefined where there is no such way. */
export function circleThrough(id: string, rule: Rule, segments: readonly Segment[]): string[] | undefined {
  const byId = new Map(segments.map((segment) => [segment.id, segment]));
  const nameOf = (segmentId: string) => byId.get(segmentId)?.name ?? segmentId;
  // Each segment is gone into once: from one that led nowhere before, no other way leads back either.
  const seen = new Set<string>();
  const walk = (current: Rule, way: string[]): string[] | undefined => {
    for (const next of nestedIn(current)) {
      if (next === id) return [...way, nameOf(id)];
      const segment = byId.get(next);
      if (segment === undefined || seen.has(next)) continue;
      seen.add(next);
      const circle = walk(segment.rule, [...way, segment.name]);
      if (circle) return circle;
    }
    return undefined;
  };
  return walk(rule, [nameOf(id)]);
}

/**
 * Conditions that a rule has once the rules of the segments that it nests stand in it, each as often as it is named:
 * what an evaluator has to go through. Segments that name two others doubly and so on grow it as powers of two.
 */
export function conditionsWithin(rule: Rule, rules: ReadonlyMap<string, Rule>): number {
  const known = new Map<string, number>();
  const count = (current: Rule): number => {
    if ('all' in current) return current.all.reduce((sum, inner) => sum + count(inner), 0);
    if ('any' in current) return current.any.reduce((sum, inner) => sum + count(inner), 0);
    if ('not' in current) return count(current.not);
    if (!('segment' in current)) return 1;
    const { segment: id } = current;
    const nested = rules.get(id);
    if (nested !== undefined && !known.has(id)) {
      // Until it is counted it counts for nothing, should it name itself.
      known.set(id, 0);
      known.set(id, count(nested));
    }
    return known.get(id) ?? 0;
  };
  return count(rule);
}

import type { Rule } from './rule.js';
import type { Segment } from './segment.js';

/** Ids of the segments that a rule names itself. */
export function nestedIn(rule: Rule): string[] {
  if ('all' in rule) return rule.all.flatMap(nestedIn);
  if ('any' in rule) return rule.any.flatMap(nestedIn);
  if ('not' in rule) return nestedIn(rule.not);
  return 'segment' in rule ? [rule.segment] : [];
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
  const walk = (current: Rule, way: string[]): string[] | undefined => {
    for (const next of nestedIn(current)) {
      if (next === id) return [...way, nameOf(id)];
      const segment = byId.get(next);
      const circle = segment && !way.includes(segment.name) && walk(segment.rule, [...way, segment.name]);
      if (circle) return circle;
    }
    return undefined;
  };
  return walk(rule, [nameOf(id)]);
}

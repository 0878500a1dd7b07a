import { createHash } from 'node:crypto';
import type { AggregateDefinition, Measured, ProfileEvent } from '../profile/index.js';
import { asksForDays, compilePropertyRule } from './compile-property-rule.js';
import { scalarsAt } from './property-path.js';
import type { EventFigure } from './resolve-rule.js';

/** 96 bits of SHA-256: short enough to stand in every profile, long enough that no two texts share it. */
const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 16);

/** Longer values are told apart by their digest. */
const LONGEST_VALUE = 40;

const distinctText = (value: string | number | boolean): string => {
  const text = JSON.stringify(value);
  return text.length <= LONGEST_VALUE ? text : `#${digest(text)}`;
};

/** What is kept of events for each measure. The times of the first and the last are kept with their number. */
const KEPT: Record<EventFigure['measure'], AggregateDefinition['measure']> = {
  count: 'count',
  first: 'count',
  last: 'count',
  unique: 'distinct',
  sum: 'numbers',
  avg: 'numbers',
  min: 'numbers',
  max: 'numbers',
};

function valuesOf(question: EventFigure): ((event: ProfileEvent) => Measured[]) | undefined {
  const path = question.property;
  if (path === undefined) return undefined;
  if (question.measure === 'unique')
    return ({ properties }) => [...new Set(scalarsAt(properties, path).map(distinctText))];
  return ({ properties }) => scalarsAt(properties, path).filter((value) => typeof value === 'number');
}

/**
 * What a profile keeps so that the question can be answered at any time from now on. Questions that differ only in what
 * they ask of the figure, or that look at parts of the same reach, share one.
 */
export function aggregateDefinition(question: EventFigure, zone: string): AggregateDefinition {
  const { event, type, where, span } = question;
  const measure = KEPT[question.measure];
  const passes = where === undefined ? undefined : compilePropertyRule(where, zone);
  const fixed = span.kind === 'fixed' ? span : undefined;
  const reachMs = span.kind === 'sliding' ? span.startAgo : undefined;
  const values = valuesOf(question);
  return {
    key: digest(
      JSON.stringify([
        event,
        type ?? null,
        where ?? null,
        where !== undefined && asksForDays(where) ? zone : null,
        measure,
        question.property ?? null,
        fixed === undefined ? null : [String(fixed.start), String(fixed.end)],
        reachMs ?? null,
      ]),
    ),
    eventName: event,
    measure,
    matches: (candidate) =>
      (type === undefined || candidate.type === type) &&
      (fixed === undefined || (candidate.timestamp >= fixed.start && candidate.timestamp < fixed.end)) &&
      (passes === undefined || passes(candidate.properties)),
    ...(values === undefined ? {} : { valuesOf: values }),
    ...(reachMs === undefined ? {} : { reachMs }),
  };
}

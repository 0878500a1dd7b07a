import type { AggregateDefinition, AggregateState } from '../profile/index.js';
import type { Aggregate } from './aggregate.js';
import { aggregateDefinition } from './aggregate-definition.js';
import { figureOf } from './figure-test.js';
import { resolveNamed } from './resolve-rule.js';

/** A named aggregate made ready: what profiles keep for it, and how its figure is read off that. */
export interface LiveAggregate {
  name: string;
  /** Epoch milliseconds since when profiles keep it: those written before do not know it. */
  since: number;
  kept: AggregateDefinition;
  /** The keys on the way to the property whose values the figure may tell: of one event, a sum is its value. */
  tells: readonly string[];
  /** The figure at an instant; null where there is none, such as an average of nothing. */
  figure(state: AggregateState, now: number): number | string | null;
}

export function liveAggregate({ definition, since, timeZone }: Aggregate): LiveAggregate {
  const figure = resolveNamed(definition);
  const { span } = figure;
  const kept = aggregateDefinition(figure, timeZone);
  return {
    name: definition.name,
    since,
    kept,
    tells: figure.measure === 'unique' ? [] : (figure.property ?? []),
    figure: (state, now) =>
      span.kind === 'sliding'
        ? figureOf(figure, state, now - span.startAgo, now - span.endAgo)
        : // What is kept of a fixed window are its events alone.
          figureOf(figure, state, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
  };
}

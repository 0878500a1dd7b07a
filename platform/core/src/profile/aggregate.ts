import type { Json } from '../kernel/index.js';
import type { ProfileEvent } from './profile-event.js';

/** What is counted over the events of a profile, shared by all the conditions that ask the same. */
export interface AggregateDefinition {
  /** The same for the same question, whoever asks: a hash of event, filter, measured property and reach. */
  key: string;
  /** Name of the events that count. */
  eventName: string;
  /** The filter over an event's properties. */
  matches(event: ProfileEvent): boolean;
  /** The property that is summed, compared or counted distinct; undefined for a plain count. */
  valueOf?: (event: ProfileEvent) => Json | undefined;
  /** How far back an event can matter, in milliseconds before now; undefined: for ever. */
  reachMs?: number;
}

/**
 * The counted events of one profile: `[epoch milliseconds, value]`, in time order. Exact up to `EXACT_ENTRIES`; above
 * that the oldest are folded into buckets.
 */
export interface AggregateState {
  entries: [number, Json][];
  buckets?: AggregateBucket[];
}

/** Events of `[start, start + span)` that are no longer kept one by one. */
export interface AggregateBucket {
  start: number;
  span: number;
  count: number;
  /** Over the numbers among the values. */
  sum: number;
  numbers: number;
  min: number | null;
  max: number | null;
  /** Distinct values, as JSON text. */
  unique: string[];
}

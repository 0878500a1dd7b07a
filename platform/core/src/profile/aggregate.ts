import type { ProfileEvent } from '../inbound/index.js';

/** What an event adds to a measured aggregate: numbers, or different values as JSON text. */
export type Measured = number | string;

/** What is counted over the events of a profile, shared by all the conditions that ask the same. */
export interface AggregateDefinition {
  /** The same for the same question, whoever asks: made of event, filter, measured property and reach. */
  key: string;
  /** Name of the events that count. */
  eventName: string;
  /** What is kept of an event: that it happened, the numbers in it, or its different values. */
  measure: 'count' | 'numbers' | 'distinct';
  /** The filter over an event. */
  matches(event: ProfileEvent): boolean;
  /** What the event adds, of one that matches; empty adds nothing. Absent with `count`. */
  valuesOf?: (event: ProfileEvent) => Measured[];
  /**
   * How far back an event can matter, in milliseconds before now. Absent: for ever, and no question asks about a
   * part of the time, so that all events are folded into one bucket.
   */
  reachMs?: number;
}

/**
 * The counted events of one profile, in time order: the newest one by one, older ones folded into buckets. Plain JSON.
 */
export interface AggregateState {
  /** Epoch milliseconds of the events kept one by one, ascending. */
  times: number[];
  /** What each of them adds, in the order of `times`; absent with `count`. */
  values?: (Measured | Measured[])[];
  /** In the order of their time; each ends before the next one starts. */
  buckets?: AggregateBucket[];
}

/** Events that are no longer kept one by one. */
export interface AggregateBucket {
  /** Epoch milliseconds of the first and the last event in it. */
  first: number;
  last: number;
  count: number;
  /** With `numbers`: see `NumberTally`. */
  numbers?: NumberTally;
  /** With `distinct`: up to `UNIQUE_LIMIT` different values. */
  unique?: string[];
}

/** Numbers, taken together. */
export interface NumberTally {
  /** How many numbers `sum` is over. */
  summed: number;
  /** Sum in millionths, exact: a number while it is a safe integer, else its decimal digits. */
  sum: number | string;
  min: number;
  max: number;
}

/**
 * A limit on what one aggregate keeps. Questions ask for figures below `UNIQUE_LIMIT`, so a bucket that stops there
 * answers them all exactly.
 */
export const UNIQUE_LIMIT = 1_000;

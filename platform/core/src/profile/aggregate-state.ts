import type { ProfileEvent } from '../inbound/index.js';
import type { AggregateBucket, AggregateDefinition, AggregateState, Measured } from './aggregate.js';
import { addToBucket, bucketOf } from './aggregate-bucket.js';

/** How many events an aggregate keeps one by one before it folds the older half of them into buckets. */
export const EXACT_ENTRIES = 1_000;

/**
 * Into how many buckets the reach of an aggregate is cut for what is no longer kept one by one. A bucket counts as a whole,
 * at the time of its last event: the bound of the error, for a profile with more than `EXACT_ENTRIES` events within
 * one reach, is the events of one such bucket.
 */
const BUCKETS = 64;

export const emptyState = (): AggregateState => ({ times: [] });

const spanOf = (reachMs: number): number => Math.max(1, Math.ceil(reachMs / BUCKETS));

const asEntry = (values: Measured[]): Measured | Measured[] => (values.length === 1 ? (values[0] as Measured) : values);

export const valuesOfEntry = (entry: Measured | Measured[]): Measured[] => (Array.isArray(entry) ? entry : [entry]);

/** Index of the first of the ascending times that is not before the instant. */
export function firstFrom(times: readonly number[], instant: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) < instant) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Forgets what lies further back than the aggregate reaches from now. */
function prune(state: AggregateState, definition: AggregateDefinition, now: number): void {
  if (definition.reachMs === undefined) return;
  const start = now - definition.reachMs;
  const drop = firstFrom(state.times, start);
  if (drop > 0) {
    state.times.splice(0, drop);
    state.values?.splice(0, drop);
  }
  if (state.buckets?.some((bucket) => bucket.last < start)) {
    const kept = state.buckets.filter((bucket) => bucket.last >= start);
    if (kept.length > 0) state.buckets = kept;
    else delete state.buckets;
  }
}

function foldInto(buckets: AggregateBucket[], at: number, values: Measured[] | undefined, span: number): void {
  const slot = Math.floor(at / span);
  let index = buckets.length;
  while (index > 0 && Math.floor((buckets[index - 1] as AggregateBucket).first / span) > slot) index--;
  const before = buckets[index - 1];
  if (before !== undefined && Math.floor(before.first / span) === slot) addToBucket(before, at, values);
  else buckets.splice(index, 0, bucketOf(at, values));
}

function foldOldest(state: AggregateState, count: number, span: number): void {
  state.buckets ??= [];
  const times = state.times.splice(0, count);
  const values = state.values?.splice(0, count);
  for (const [index, at] of times.entries())
    foldInto(state.buckets, at, values === undefined ? undefined : valuesOfEntry(values[index] as Measured), span);
}

function insert(state: AggregateState, at: number, values: Measured[] | undefined): void {
  const { times } = state;
  let index = times.length;
  // Events come nearly in order: look from the end.
  while (index > 0 && (times[index - 1] as number) > at) index--;
  if (index === times.length) times.push(at);
  else times.splice(index, 0, at);
  if (values === undefined) return;
  state.values ??= [];
  state.values.splice(index, 0, asEntry(values));
}

/** Adds an event to the state, in place; false when it does not count or can no longer matter. */
export function applyEvent(
  state: AggregateState,
  definition: AggregateDefinition,
  event: ProfileEvent,
  now: number,
  exactEntries: number = EXACT_ENTRIES,
): boolean {
  if (event.name !== definition.eventName || !definition.matches(event)) return false;
  const values = definition.valuesOf?.(event);
  if (values !== undefined && values.length === 0) return false;
  const at = event.timestamp;
  if (definition.reachMs === undefined) {
    const bucket = state.buckets?.[0];
    if (bucket === undefined) state.buckets = [bucketOf(at, values)];
    else addToBucket(bucket, at, values);
    return true;
  }
  prune(state, definition, now);
  if (at < now - definition.reachMs) return false;
  const span = spanOf(definition.reachMs);
  const newest = state.buckets?.at(-1);
  if (newest !== undefined && Math.floor(at / span) <= Math.floor(newest.first / span)) {
    foldInto(state.buckets as AggregateBucket[], at, values, span);
    return true;
  }
  insert(state, at, values);
  if (state.times.length > exactEntries) foldOldest(state, state.times.length - (exactEntries >> 1), span);
  return true;
}

/** The state of an aggregate after all these events, in whatever order they are given. */
export function fillFromHistory(
  definition: AggregateDefinition,
  events: Iterable<ProfileEvent>,
  now: number,
  exactEntries: number = EXACT_ENTRIES,
): AggregateState {
  const state = emptyState();
  for (const event of events) applyEvent(state, definition, event, now, exactEntries);
  return state;
}

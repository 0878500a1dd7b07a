import type { AggregateDefinition, ProfileChange } from '../profile/index.js';
import type { CompiledRule } from './compile-rule.js';

/** A segment whose members are kept as profiles change. */
export interface LiveSegment {
  id: string;
  version: number;
  rule: CompiledRule;
  /** Epoch milliseconds since when this version is live: profiles written before do not know it. */
  liveSince: number;
  /** Since when its rule asks for the aggregates that it asks for: segments that it nests may have changed since. */
  askedSince: number;
}

interface Kept {
  definition: AggregateDefinition;
  bornAt: number;
}

/**
 * The live segments of one tenant, ordered by what can change them, so that a change asks only the rules it can touch.
 * Made anew whenever a segment changes; never changed itself.
 */
export class RuleIndex {
  /** When the newest segment went live. */
  readonly newest: number;
  readonly #segments: readonly LiveSegment[];
  readonly #byTrait = new Map<string, LiveSegment[]>();
  readonly #byEvent = new Map<string, LiveSegment[]>();
  readonly #byConsent: LiveSegment[] = [];
  readonly #byDevice: LiveSegment[] = [];
  readonly #aggregates = new Map<string, Kept>();
  readonly #aggregatesOf = new Map<string, AggregateDefinition[]>();
  readonly #definitions: AggregateDefinition[] = [];

  constructor(segments: readonly LiveSegment[]) {
    this.#segments = segments;
    this.newest = segments.reduce((newest, { liveSince }) => Math.max(newest, liveSince), 0);
    for (const segment of segments) this.#add(segment);
    for (const { definition } of this.#aggregates.values()) {
      this.#definitions.push(definition);
      append(this.#aggregatesOf, definition.eventName, definition);
    }
  }

  segments(): readonly LiveSegment[] {
    return this.#segments;
  }

  /** Each once. */
  touchedBy({ traits, events, consents, devices }: ProfileChange): Set<LiveSegment> {
    const touched = new Set<LiveSegment>();
    for (const trait of traits) addAll(touched, this.#byTrait.get(trait));
    for (const { name } of events) addAll(touched, this.#byEvent.get(name));
    if (consents) addAll(touched, this.#byConsent);
    if (devices) addAll(touched, this.#byDevice);
    return touched;
  }

  definitions(): readonly AggregateDefinition[] {
    return this.#definitions;
  }

  definition(key: string): AggregateDefinition | undefined {
    return this.#aggregates.get(key)?.definition;
  }

  definitionsFor(eventName: string): readonly AggregateDefinition[] {
    return this.#aggregatesOf.get(eventName) ?? [];
  }

  /** Since when events are counted for the aggregate. */
  bornAt(key: string): number {
    return this.#aggregates.get(key)?.bornAt ?? Number.POSITIVE_INFINITY;
  }

  #add(segment: LiveSegment): void {
    const { traits, events, consents, devices, aggregates } = segment.rule.touches;
    for (const trait of traits) append(this.#byTrait, trait, segment);
    for (const event of events) append(this.#byEvent, event, segment);
    if (consents) this.#byConsent.push(segment);
    if (devices) this.#byDevice.push(segment);
    for (const [key, definition] of aggregates) {
      const bornAt = Math.min(this.bornAt(key), segment.askedSince);
      this.#aggregates.set(key, { definition, bornAt });
    }
  }
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

function addAll<T>(set: Set<T>, values: readonly T[] | undefined): void {
  if (values) for (const value of values) set.add(value);
}

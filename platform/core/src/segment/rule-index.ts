import type { AggregateDefinition, ProfileChange } from '../profile/index.js';
import type { CompiledRule } from './compile-rule.js';
import type { LiveAggregate } from './live-aggregate.js';
import type { RuleSubject } from './rule-node.js';

/** A segment whose members are kept as profiles change. */
export interface LiveSegment {
  id: string;
  version: number;
  rule: CompiledRule;
  /** Epoch milliseconds since when this version is live: profiles written before do not know it. */
  liveSince: number;
  /** Since when its rule asks for the aggregates that it asks for: segments and aggregates that it names may have changed since. */
  askedSince: number;
}

/** A profile of which nothing is known. */
const NOBODY: RuleSubject = { traits: {}, devices: [], consents: [], aggregates: {} };

interface Kept {
  definition: AggregateDefinition;
  bornAt: number;
}

/**
 * The live segments and named aggregates of one tenant, ordered by what can change them, so that a change asks only the rules it can touch.
 * Made anew whenever one of them changes; never changed itself.
 */
export class RuleIndex {
  /** When the newest segment or named aggregate went live. */
  readonly newest: number;
  readonly #segments: readonly LiveSegment[];
  readonly #byTrait = new Map<string, LiveSegment[]>();
  readonly #byEvent = new Map<string, LiveSegment[]>();
  readonly #byConsent: LiveSegment[] = [];
  readonly #byDevice: LiveSegment[] = [];
  readonly #aggregates = new Map<string, Kept>();
  readonly #aggregatesOf = new Map<string, AggregateDefinition[]>();
  readonly #definitions: AggregateDefinition[] = [];
  /** Those that somebody is in of whom nothing is known: without a value nothing that a rule asks changes with time. */
  readonly #ofAnybody: readonly LiveSegment[];

  constructor(segments: readonly LiveSegment[], aggregates: readonly LiveAggregate[] = []) {
    this.#segments = segments;
    this.newest = Math.max(0, ...segments.map(({ liveSince }) => liveSince), ...aggregates.map(({ since }) => since));
    this.#ofAnybody = segments.filter(({ rule }) => rule.evaluate(NOBODY, 0));
    for (const segment of segments) this.#add(segment);
    for (const { kept, since } of aggregates) this.#keep(kept, since);
    for (const { definition } of this.#aggregates.values()) {
      this.#definitions.push(definition);
      append(this.#aggregatesOf, definition.eventName, definition);
    }
  }

  segments(): readonly LiveSegment[] {
    return this.#segments;
  }

  /** The segments whose answer the change can change, each once. */
  touchedBy({ traits, events, consents, devices, blank, everything }: ProfileChange): readonly LiveSegment[] {
    if (everything) return this.#segments;
    const lists: (readonly LiveSegment[])[] = [];
    for (const trait of traits) add(lists, this.#byTrait.get(trait));
    for (const { name } of events) add(lists, this.#byEvent.get(name));
    if (consents) add(lists, this.#byConsent);
    if (devices) add(lists, this.#byDevice);
    if (blank) add(lists, this.#ofAnybody);
    return lists.length === 1 ? (lists[0] as readonly LiveSegment[]) : [...new Set(lists.flat())];
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
    for (const definition of aggregates.values()) this.#keep(definition, segment.askedSince);
  }

  #keep(definition: AggregateDefinition, since: number): void {
    this.#aggregates.set(definition.key, { definition, bornAt: Math.min(this.bornAt(definition.key), since) });
  }
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

function add<T>(lists: (readonly T[])[], list: readonly T[] | undefined): void {
  if (list && list.length > 0 && !lists.includes(list)) lists.push(list);
}

import type { Json } from '@cdp/core/kernel';
import type { AggregateState, Consent, Device, Membership, ProfileDocument, Trait } from '@cdp/core/profile';
import type { Bytes } from './lmdb-state.js';
import { WordNumbers } from './word-numbers.js';

const FORMAT = 1;
const HEADER = 9;

/**
 * A time as the difference to the time before it in its list, the first to `lastSeenAt`: most are small, and small
 * integers are several times cheaper to write, to keep and to parse than thirteen digits. As text where a difference
 * would not bring it back exactly.
 */
type Step = number | string;

/** A document as it is stored: by position, keys that many documents share as numbers. */
type Packed = [
  id: string,
  state: ProfileDocument['state'],
  mergedInto: string | null,
  firstSeenAt: number,
  lastSeenAt: number,
  nextDueAt: number | null,
  /** type, value */
  identifiers: string[],
  /** name, value, at as a step */
  traits: Json[],
  devices: Device[],
  consents: Consent[],
  /** key, times as steps, what else there is or 0 */
  aggregates: unknown[],
  /** segment, twice the version and one more for a member, since as a step */
  memberships: Step[],
  /** What the document has beyond these, by name. */
  rest: Record<string, unknown> | null,
];

const KNOWN = new Set<string>([
  'tenantId',
  'id',
  'version',
  'state',
  'mergedInto',
  'identifiers',
  'traits',
  'devices',
  'consents',
  'firstSeenAt',
  'lastSeenAt',
  'aggregates',
  'memberships',
  'nextDueAt',
]);

/**
 * `u8 format, f64 version, JSON array`. JSON because the engine's own parser is the only one that brings every string
 * and every key back as it was (`__proto__`, NUL, lone surrogates); by position and with numbers for the ids of
 * segments and the keys of aggregates because those make up most of a document and are the same in all of them:
 * a third of the bytes and of the time of plain JSON.
 */
export class ProfileCodec {
  readonly #words: WordNumbers;

  constructor(words: Bytes) {
    this.#words = new WordNumbers(words);
  }

  encode(tenant: number, document: ProfileDocument): Buffer {
    const json = JSON.stringify(this.#pack(tenant, document));
    const value = Buffer.allocUnsafe(HEADER + Buffer.byteLength(json));
    value.writeUInt8(FORMAT, 0);
    value.writeDoubleLE(document.version, 1);
    value.write(json, HEADER);
    return value;
  }

  decode(tenantId: string, tenant: number, bytes: Buffer, length: number): ProfileDocument {
    if (bytes[0] !== FORMAT)
      throw new Error(`A profile is stored in format ${bytes[0]}, which this version cannot read.`);
    const packed = JSON.parse(bytes.toString('utf8', HEADER, length)) as Packed;
    return this.#unpack(tenantId, tenant, storedVersion(bytes), packed);
  }

  /** Removes the words of a tenant; to be called within a write. */
  forget(tenant: number): void {
    this.#words.forget(tenant);
  }

  #pack(tenant: number, document: ProfileDocument): Packed {
    const words = this.#words;
    const identifiers: string[] = [];
    for (const { type, value } of document.identifiers) identifiers.push(type, value);
    const traits: Json[] = [];
    let before = document.lastSeenAt;
    for (const name of Object.keys(document.traits)) {
      const trait = document.traits[name] as Trait;
      traits.push(name, trait.value, stepTo(trait.at, before));
      before = trait.at;
    }
    const aggregates: unknown[] = [];
    for (const key of Object.keys(document.aggregates)) {
      const { times, ...more } = document.aggregates[key] as AggregateState;
      aggregates.push(words.assign(tenant, key), stepsOf(times, document.lastSeenAt), hasKeys(more) ? more : 0);
    }
    const memberships: Step[] = [];
    before = document.lastSeenAt;
    for (const segment of Object.keys(document.memberships)) {
      const { version, member, since } = document.memberships[segment] as Membership;
      memberships.push(words.assign(tenant, segment), version * 2 + (member ? 1 : 0), stepTo(since, before));
      before = since;
    }
    return [
      document.id,
      document.state,
      document.mergedInto ?? null,
      document.firstSeenAt,
      document.lastSeenAt,
      document.nextDueAt ?? null,
      identifiers,
      traits,
      document.devices,
      document.consents,
      aggregates,
      memberships,
      restOf(document),
    ];
  }

  #unpack(tenantId: string, tenant: number, version: number, packed: Packed): ProfileDocument {
    const [id, state, mergedInto, firstSeenAt, lastSeenAt, nextDueAt, pairs, triples, devices, consents] = packed;
    const identifiers = [];
    for (let at = 0; at < pairs.length; at += 2)
      identifiers.push({ type: pairs[at] as string, value: pairs[at + 1] as string });
    const traits: Record<string, Trait> = {};
    let time = lastSeenAt;
    for (let at = 0; at < triples.length; at += 3) {
      time = timeAfter(triples[at + 2] as Step, time);
      setOwn(traits, triples[at] as string, { value: triples[at + 1] as Json, at: time });
    }
    const document: ProfileDocument = {
      tenantId,
      id,
      version,
      state,
      identifiers,
      traits,
      devices,
      consents,
      firstSeenAt,
      lastSeenAt,
      aggregates: this.#aggregates(tenant, packed[10], lastSeenAt),
      memberships: this.#memberships(tenant, packed[11], lastSeenAt),
    };
    if (mergedInto !== null) document.mergedInto = mergedInto;
    if (nextDueAt !== null) document.nextDueAt = nextDueAt;
    return packed[12] === null ? document : Object.assign(document, packed[12]);
  }

  #aggregates(tenant: number, flat: unknown[], lastSeenAt: number): Record<string, AggregateState> {
    const aggregates: Record<string, AggregateState> = {};
    for (let at = 0; at < flat.length; at += 3) {
      const state: AggregateState = { times: timesOf(flat[at + 1] as Step[], lastSeenAt) };
      if (flat[at + 2] !== 0) Object.assign(state, flat[at + 2]);
      setOwn(aggregates, this.#words.word(tenant, flat[at] as number), state);
    }
    return aggregates;
  }

  #memberships(tenant: number, flat: Step[], lastSeenAt: number): Record<string, Membership> {
    const memberships: Record<string, Membership> = {};
    let since = lastSeenAt;
    for (let at = 0; at < flat.length; at += 3) {
      const versionAndMember = flat[at + 1] as number;
      since = timeAfter(flat[at + 2] as Step, since);
      setOwn(memberships, this.#words.word(tenant, flat[at] as number), {
        version: Math.floor(versionAndMember / 2),
        member: versionAndMember % 2 === 1,
        since,
      });
    }
    return memberships;
  }
}

export const storedVersion = (bytes: Buffer): number => bytes.readDoubleLE(1);

function stepTo(time: number, before: number): Step {
  const step = time - before;
  return before + step === time ? step : String(time);
}

const timeAfter = (step: Step, before: number): number => (typeof step === 'number' ? before + step : Number(step));

function stepsOf(times: readonly number[], before: number): Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < times.length; at++)
    steps.push(stepTo(times[at] as number, at === 0 ? before : (times[at - 1] as number)));
  return steps;
}

/** Turns the steps into times where they stand: the list was just parsed and belongs to nobody else. */
function timesOf(steps: Step[], before: number): number[] {
  let time = before;
  for (let at = 0; at < steps.length; at++) {
    time = timeAfter(steps[at] as Step, time);
    steps[at] = time;
  }
  return steps as number[];
}

const hasKeys = (object: object): boolean => {
  for (const _ in object) return true;
  return false;
};

function restOf(document: ProfileDocument): Record<string, unknown> | null {
  let rest: Record<string, unknown> | null = null;
  for (const name of Object.keys(document))
    if (!KNOWN.has(name)) {
      rest ??= {};
      rest[name] = (document as unknown as Record<string, unknown>)[name];
    }
  return rest;
}

/** Sets a key that a stranger chose: assignment would take `__proto__` for the prototype. */
function setOwn<Value>(target: Record<string, Value>, key: string, value: Value): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}

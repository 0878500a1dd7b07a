import type { Json } from '@cdp/core/kernel';
import type { AggregateState, Consent, Device, Membership, ProfileDocument, Trait } from '@cdp/core/profile';
import type { Bytes } from './lmdb-state.js';
import { WordNumbers } from './word-numbers.js';

const FORMAT = 1;
const HEADER = 9;

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
  /** name, value, at */
  traits: Json[],
  devices: Device[],
  consents: Consent[],
  /** key, state */
  aggregates: unknown[],
  /** segment, version, 1 for a member, since */
  memberships: number[],
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
    for (const name of Object.keys(document.traits)) {
      const trait = document.traits[name] as Trait;
      traits.push(name, trait.value, trait.at);
    }
    const aggregates: unknown[] = [];
    for (const key of Object.keys(document.aggregates))
      aggregates.push(words.assign(tenant, key), document.aggregates[key]);
    const memberships: number[] = [];
    for (const segment of Object.keys(document.memberships)) {
      const { version, member, since } = document.memberships[segment] as Membership;
      memberships.push(words.assign(tenant, segment), version, member ? 1 : 0, since);
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
    for (let at = 0; at < triples.length; at += 3)
      setOwn(traits, triples[at] as string, { value: triples[at + 1] as Json, at: triples[at + 2] as number });
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
      aggregates: this.#aggregates(tenant, packed[10]),
      memberships: this.#memberships(tenant, packed[11]),
    };
    if (mergedInto !== null) document.mergedInto = mergedInto;
    if (nextDueAt !== null) document.nextDueAt = nextDueAt;
    return packed[12] === null ? document : Object.assign(document, packed[12]);
  }

  #aggregates(tenant: number, flat: unknown[]): Record<string, AggregateState> {
    const aggregates: Record<string, AggregateState> = {};
    for (let at = 0; at < flat.length; at += 2)
      setOwn(aggregates, this.#words.word(tenant, flat[at] as number), flat[at + 1] as AggregateState);
    return aggregates;
  }

  #memberships(tenant: number, flat: number[]): Record<string, Membership> {
    const memberships: Record<string, Membership> = {};
    for (let at = 0; at < flat.length; at += 4)
      setOwn(memberships, this.#words.word(tenant, flat[at] as number), {
        version: flat[at + 1] as number,
        member: flat[at + 2] === 1,
        since: flat[at + 3] as number,
      });
    return memberships;
  }
}

export const storedVersion = (bytes: Buffer): number => bytes.readDoubleLE(1);

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

import { isJsonObject, type Json, type JsonObject } from '../kernel/index.js';
import type { TenantSettings } from './tenant-settings.js';

/** Stands where a personal value was: that there is one is seen, what it is and how long is not. */
export const MASK = '***';

const plain = (name: string): string => name.toLowerCase().replaceAll(/[_\-\s]/g, '');

interface Masked {
  identifiers?: { type: string; value: string }[];
  traits?: JsonObject;
  devices?: { token: string }[];
  properties?: JsonObject;
  context?: JsonObject;
}

/** Hides what the tenant's privacy settings call personal from those who may not see it. */
export class PersonalData {
  readonly #types: Set<string>;
  readonly #fields: Set<string>;

  constructor(privacy: TenantSettings['privacy']) {
    this.#types = new Set(privacy.identifierTypes.map(plain));
    this.#fields = new Set(privacy.fields.map(plain));
  }

  /** A type of identifier whose values are personal. */
  isPersonalType(type: string): boolean {
    return this.#types.has(plain(type)) || this.#fields.has(plain(type));
  }

  isPersonalField(name: string): boolean {
    return this.#fields.has(plain(name)) || this.#types.has(plain(name));
  }

  /** A profile, an event of a timeline or anything with such parts, with the personal values of each masked. */
  mask<T extends object>(record: T): T {
    const { identifiers, traits, devices, properties, context } = record as Masked;
    return {
      ...record,
      ...(identifiers && {
        identifiers: identifiers.map((id) => (this.isPersonalType(id.type) ? { ...id, value: MASK } : id)),
      }),
      ...(traits && { traits: this.fields(traits) }),
      ...(devices && { devices: devices.map((device) => ({ ...device, token: MASK })) }),
      ...(properties && { properties: this.fields(properties) }),
      ...(context && { context: this.fields(context) }),
    };
  }

  /** JSON with the values of personal fields masked at any depth, whatever kind of value they are. `null` stays. */
  fields<T extends Json>(value: T): T {
    if (Array.isArray(value)) return value.map((item) => this.fields(item)) as T;
    if (!isJsonObject(value)) return value;
    const entries = Object.entries(value).map(([name, inner]) => [
      name,
      inner !== null && this.isPersonalField(name) ? MASK : this.fields(inner),
    ]);
    return Object.fromEntries(entries);
  }
}

import type { IdentitySettings } from '../tenancy/index.js';
import type { Identifier } from './identifier.js';

/** How identifiers of one type take part in resolving who somebody is. */
export interface IdentifierType {
  type: string;
  /** Values of this type that one profile may have; one more is not joined to it. */
  limit: number;
  /** Values that never name a person, in lower case. */
  blocked: ReadonlySet<string>;
}

// Settings objects live as long as they hold; the form below is made once for each.
const known = new WeakMap<IdentitySettings, IdentifierType[]>();

/** The tenant's identifier types, the strongest first. */
export function identifierTypes(settings: IdentitySettings): IdentifierType[] {
  let types = known.get(settings);
  if (!types) {
    const everywhere = settings.blocked.map((value) => value.toLowerCase());
    types = Object.entries(settings.types)
      .sort(([a, { priority: first }], [b, { priority: second }]) => first - second || (a < b ? -1 : 1))
      .map(([type, { limit, blocked }]) => ({
        type,
        limit,
        blocked: new Set([...everywhere, ...(blocked ?? []).map((value) => value.toLowerCase())]),
      }));
    known.set(settings, types);
  }
  return types;
}

/** The identifier in its one form, or undefined where the value cannot name anybody. */
export function usableIdentifier(identifier: Identifier, rule: IdentifierType): Identifier | undefined {
  const value = normalize(identifier);
  // Lone surrogates have no form in UTF-8: a store keeps them all as the same replacement, under which it finds none again.
  if (value === '' || value.length > 255 || !value.isWellFormed()) return undefined;
  // Zeros and punctuation alone are a nil UUID or a zeroed advertising id.
  if (/^[0\-:.]+$/.test(value) || rule.blocked.has(value.toLowerCase())) return undefined;
  return value === identifier.value ? identifier : { type: identifier.type, value };
}

/** Email addresses meet without regard to case, phone numbers without their punctuation; other values as they are. */
function normalize({ type, value }: Identifier): string {
  const trimmed = value.trim();
  if (type === 'email') return trimmed.toLowerCase();
  if (type === 'phone') return trimmed.replace(/[\s().\-/]/g, '');
  return trimmed;
}

import type { Identifier } from './identifier.js';

/** How identifiers of one type take part in resolving who somebody is. */
export interface IdentifierType {
  type: string;
  /** Values of this type that one profile may have; one more is not joined to it. */
  limit: number;
  /** Values that never name a person, beside those that never do for any type. */
  blocked?: string[];
}

/** A tenant's identity settings: the types in the order of their weight, the strongest first. Others are not identifiers. */
export interface IdentitySettings {
  types: IdentifierType[];
}

export const DEFAULT_IDENTITY_SETTINGS: IdentitySettings = {
  types: [
    { type: 'userId', limit: 1 },
    { type: 'email', limit: 5 },
    { type: 'phone', limit: 5 },
    { type: 'anonymousId', limit: 100 },
  ],
};

/** What programs write when they have no value: joining people on any of these would make one profile of thousands. */
const NEVER = new Set([
  '-1',
  'null',
  'undefined',
  'none',
  'nil',
  'nan',
  'n/a',
  'na',
  'unknown',
  'anonymous',
  'anon',
  'guest',
  'user',
  'test',
  'true',
  'false',
  '[object object]',
  'default',
  'invalid',
  'notset',
  'not set',
  '(not set)',
  'empty',
  'deleted',
]);

/** The identifier in its one form, or undefined where the value cannot name anybody. */
export function usableIdentifier(identifier: Identifier, rule: IdentifierType): Identifier | undefined {
  const value = normalize(identifier);
  if (value === '' || value.length > 255) return undefined;
  const lower = value.toLowerCase();
  // Zeros and dashes alone are a nil UUID or a zeroed advertising id.
  if (NEVER.has(lower) || /^[0\-:.]+$/.test(lower)) return undefined;
  if (rule.blocked?.some((blocked) => blocked.toLowerCase() === lower)) return undefined;
  return value === identifier.value ? identifier : { type: identifier.type, value };
}

/** Email addresses meet without regard to case, phone numbers without their punctuation; other values as they are. */
function normalize({ type, value }: Identifier): string {
  const trimmed = value.trim();
  if (type === 'email') return trimmed.toLowerCase();
  if (type === 'phone') return trimmed.replace(/[\s().\-/]/g, '');
  return trimmed;
}

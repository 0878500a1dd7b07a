import { type Identifier, type IdentifierType, usableIdentifier } from '../identity/index.js';
import type { Call } from '../ingest/index.js';
import { isJsonObject } from '../kernel/index.js';

const NONE: readonly Identifier[] = [];

/** The usable identifiers that a call names, the strongest type first. */
export function identifiersOf(call: Call, types: readonly IdentifierType[]): Identifier[] {
  const identifiers: Identifier[] = [];
  const external = externalIds(call);
  for (const rule of types) {
    const { type } = rule;
    if (type === 'userId') add(identifiers, rule, call.userId);
    else if (type === 'anonymousId') add(identifiers, rule, call.anonymousId);
    else if (call.type === 'identify') add(identifiers, rule, call.traits?.[type]);
    for (const named of external) if (named.type === type) add(identifiers, rule, named.value);
    // An alias names a former id, which the sender may have used in either role: both must lead to the person.
    if (call.type === 'alias' && (type === 'userId' || type === 'anonymousId')) add(identifiers, rule, call.previousId);
  }
  return identifiers;
}

function add(identifiers: Identifier[], rule: IdentifierType, value: unknown): void {
  if (typeof value !== 'string' && typeof value !== 'number') return;
  const usable = usableIdentifier({ type: rule.type, value: String(value) }, rule);
  if (usable && !identifiers.some((known) => known.type === usable.type && known.value === usable.value))
    identifiers.push(usable);
}

function externalIds(call: Call): readonly Identifier[] {
  const list = call.context?.externalIds;
  if (!Array.isArray(list)) return NONE;
  return list.flatMap((entry) =>
    isJsonObject(entry) &&
    typeof entry.type === 'string' &&
    (typeof entry.id === 'string' || typeof entry.id === 'number')
      ? [{ type: entry.type, value: String(entry.id) }]
      : [],
  );
}

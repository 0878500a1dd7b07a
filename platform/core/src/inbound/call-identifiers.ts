import { type Identifier, type IdentifierType, usableIdentifier } from '../identity/index.js';
import type { Call } from '../ingest/index.js';
import { isJsonObject } from '../kernel/index.js';

/** The usable identifiers that a call names, the strongest type first. */
export function identifiersOf(call: Call, types: readonly IdentifierType[]): Identifier[] {
  const identifiers: Identifier[] = [];
  const external = externalIds(call);
  for (const rule of types) {
    const add = (value: unknown) => {
      if (typeof value !== 'string' && typeof value !== 'number') return;
      const usable = usableIdentifier({ type: rule.type, value: String(value) }, rule);
      if (usable && !identifiers.some((known) => known.type === usable.type && known.value === usable.value))
        identifiers.push(usable);
    };
    if (rule.type === 'userId') add(call.userId);
    else if (rule.type === 'anonymousId') add(call.anonymousId);
    else if (call.type === 'identify') add(call.traits?.[rule.type]);
    for (const { type, value } of external) if (type === rule.type) add(value);
    // An alias names a former id, which the sender may have used in either role: both must lead to the person.
    if (call.type === 'alias' && (rule.type === 'userId' || rule.type === 'anonymousId')) add(call.previousId);
  }
  return identifiers;
}

function externalIds(call: Call): Identifier[] {
  const list = call.context?.externalIds;
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry) =>
    isJsonObject(entry) &&
    typeof entry.type === 'string' &&
    (typeof entry.id === 'string' || typeof entry.id === 'number')
      ? [{ type: entry.type, value: String(entry.id) }]
      : [],
  );
}

import type { JsonObject } from '@cdp/core/kernel';
import type { ProfileDocument } from '@cdp/core/profile';
import { DocumentTerms } from './document-terms.js';
import { digest, identifierKey } from './value-term.js';

/** What stands beside a profile's document in the index, for rules to search by. Mapped in `profile-fields.json`. */
export interface ProfileFields {
  tenantId: string;
  profileId: string;
  state: ProfileDocument['state'];
  version: number;
  /** The partition of `cdp.events.enriched` whose records wrote the document: versions compare within one. */
  partition: number;
  /** Epoch milliseconds. */
  firstSeenAt: number;
  lastSeenAt: number;
  /** See `value-term.ts`; not kept in `_source`. Empty unless the profile is active. */
  terms: string[];
}

const LONGEST_CONSENT = 200;

/** What a profile agreed to, as one text. */
export function consentValue(consent: { channel: string; purpose?: string; status: string }): string {
  const text = JSON.stringify([consent.channel, consent.purpose ?? null, consent.status]);
  return text.length <= LONGEST_CONSENT ? text : `#${digest(text)}`;
}

export function profileFields(document: ProfileDocument, { partition }: { partition: number }): ProfileFields {
  const { tenantId, id, state, version, firstSeenAt, lastSeenAt } = document;
  return {
    tenantId,
    profileId: id,
    state,
    version,
    partition,
    firstSeenAt,
    lastSeenAt,
    terms: state === 'active' ? activeTerms(document) : [],
  };
}

function activeTerms({ tenantId, identifiers, traits, consents, devices }: ProfileDocument): string[] {
  const values: JsonObject = Object.fromEntries(Object.entries(traits).map(([name, { value }]) => [name, value]));
  const terms = new DocumentTerms(tenantId).addValues(values);
  for (const { type, value } of identifiers) terms.addText(identifierKey(type), value);
  for (const consent of consents) terms.add('c', consentValue(consent));
  for (const { platform } of devices) terms.add('p', platform);
  return terms.list;
}

import type { Consent, EventRecord, UnmergeRecord } from '../inbound/index.js';
import type { JsonObject } from '../kernel/index.js';
import type { AbsorbRecord } from './absorb-record.js';
import type { Absorption, ProfileDocument, Trait } from './profile-document.js';
import type { ProfileChange } from './profile-reaction.js';

export function emptyDocument(tenantId: string, id: string, at: number): ProfileDocument {
  return {
    tenantId,
    id,
    version: 0,
    state: 'active',
    identifiers: [],
    traits: {},
    devices: [],
    consents: [],
    firstSeenAt: at,
    lastSeenAt: at,
    aggregates: {},
    memberships: {},
  };
}

export function applyEvent(change: ProfileChange, record: EventRecord): void {
  const { document } = change;
  const { event } = record;
  document.firstSeenAt = Math.min(document.firstSeenAt, event.timestamp);
  document.lastSeenAt = Math.max(document.lastSeenAt, event.timestamp);
  change.events.push(event);
  for (const identifier of record.identifiers ?? []) addIdentifier(document, identifier);
  if (record.identifiers || record.traits || record.consent || event.type === 'device') change.news = true;
  if (record.traits) writeTraits(change, record.traits, event.timestamp);
  if (record.consent) {
    writeConsent(document, record.consent);
    change.consents = true;
  }
  if (event.type === 'device') applyDevice(change, event.name, event.properties, event.timestamp);
}

/** The last writer by event time wins; of two at the same instant the later in the log. */
function writeTraits(change: ProfileChange, traits: JsonObject, at: number): void {
  for (const name of Object.keys(traits)) {
    const standing = change.document.traits[name];
    if (standing && standing.at > at) continue;
    change.document.traits[name] = { value: traits[name] ?? null, at };
    change.traits.add(name);
  }
}

function writeConsent(document: ProfileDocument, consent: Consent): void {
  const same = document.consents.findIndex((standing) => sameMatter(standing, consent));
  if (same < 0) document.consents.push(consent);
  else if ((document.consents[same]?.at ?? 0) <= consent.at) document.consents[same] = consent;
}

const sameMatter = (a: Consent, b: Consent): boolean => a.channel === b.channel && a.purpose === b.purpose;

function applyDevice(change: ProfileChange, event: string, properties: JsonObject, at: number): void {
  const { document } = change;
  const { token, platform, name } = properties;
  if (typeof token !== 'string') return;
  change.devices = true;
  const standing = document.devices.find((device) => device.token === token);
  if (event === 'Device Removed') document.devices = document.devices.filter((device) => device !== standing);
  else if (standing) standing.lastSeenAt = Math.max(standing.lastSeenAt, at);
  else if (platform === 'ios' || platform === 'android' || platform === 'web')
    document.devices.push({
      token,
      platform,
      registeredAt: at,
      lastSeenAt: at,
      ...(typeof name === 'string' ? { name } : {}),
    });
}

function addIdentifier(document: ProfileDocument, identifier: ProfileDocument['identifiers'][number]): void {
  if (!document.identifiers.some(({ type, value }) => type === identifier.type && value === identifier.value))
    document.identifiers.push(identifier);
}

/** Takes in what a merged profile knew; remembers what that changed. */
export function absorb(change: ProfileChange, { mergeId, from }: AbsorbRecord): void {
  const { document } = change;
  if (document.absorbed?.[mergeId]) return;
  const absorption: Absorption = {
    from: from.id,
    replaced: {},
    brought: {},
    identifiers: from.identifiers.filter((theirs) => !document.identifiers.some((ours) => same(ours, theirs))),
    tokens: from.devices
      .map(({ token }) => token)
      .filter((token) => !document.devices.some((device) => device.token === token)),
  };
  for (const [name, trait] of Object.entries(from.traits)) {
    const standing = document.traits[name];
    if (standing && standing.at >= trait.at) continue;
    absorption.replaced[name] = standing ?? null;
    absorption.brought[name] = trait;
    document.traits[name] = trait;
  }
  document.identifiers.push(...absorption.identifiers);
  document.devices.push(...from.devices.filter(({ token }) => absorption.tokens.includes(token)));
  for (const brought of from.consents) {
    const replaced = document.consents.find((standing) => sameMatter(standing, brought)) ?? null;
    if (replaced && replaced.at >= brought.at) continue;
    absorption.consents = [...(absorption.consents ?? []), { brought, replaced }];
    writeConsent(document, brought);
  }
  document.firstSeenAt = Math.min(document.firstSeenAt, from.firstSeenAt);
  document.lastSeenAt = Math.max(document.lastSeenAt, from.lastSeenAt);
  document.absorbed = { ...document.absorbed, [mergeId]: absorption };
  forgetDerived(change);
}

/** Lets go of what came with a merge; what was written since stays. */
export function release(change: ProfileChange, { mergeId }: UnmergeRecord): void {
  const { document } = change;
  const absorption = document.absorbed?.[mergeId];
  if (!absorption) return;
  for (const [name, brought] of Object.entries(absorption.brought)) {
    const standing: Trait | undefined = document.traits[name];
    if (!standing || standing.at !== brought.at || JSON.stringify(standing.value) !== JSON.stringify(brought.value))
      continue;
    const before = absorption.replaced[name];
    if (before) document.traits[name] = before;
    else delete document.traits[name];
  }
  document.identifiers = document.identifiers.filter(
    (ours) => !absorption.identifiers.some((theirs) => same(ours, theirs)),
  );
  document.devices = document.devices.filter(({ token }) => !absorption.tokens.includes(token));
  for (const { brought, replaced } of absorption.consents ?? []) {
    const index = document.consents.findIndex((standing) => sameMatter(standing, brought));
    const standing = document.consents[index];
    if (!standing || standing.at !== brought.at || standing.status !== brought.status) continue;
    document.consents.splice(index, 1, ...(replaced ? [replaced] : []));
  }
  const { [mergeId]: _, ...others } = document.absorbed ?? {};
  document.absorbed = others;
  forgetDerived(change);
}

/** Aggregates come anew from the history, which has moved; every membership is looked at. */
export function forgetDerived(change: ProfileChange): void {
  change.document.aggregates = {};
  delete change.document.knownThrough;
  change.blank = false;
  change.everything = true;
  change.news = true;
}

const same = (a: { type: string; value: string }, b: { type: string; value: string }): boolean =>
  a.type === b.type && a.value === b.value;

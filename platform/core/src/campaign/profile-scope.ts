import type { Json } from '../kernel/index.js';
import type { ProfileDocument } from '../profile/index.js';

const time = (at: number): string => new Date(at).toISOString();

/** The profile as templates see it, which is as the API shows it. */
export function profileScope(document: ProfileDocument): Record<string, unknown> {
  const traits: Record<string, Json> = {};
  for (const name of Object.keys(document.traits)) {
    const value = document.traits[name]?.value;
    if (value !== null && value !== undefined) traits[name] = value;
  }
  return {
    id: document.id,
    identifiers: document.identifiers,
    traits,
    devices: document.devices,
    consents: document.consents,
    firstSeenAt: time(document.firstSeenAt),
    lastSeenAt: time(document.lastSeenAt),
    version: document.version,
  };
}

import type { Identifier } from '../identity/index.js';
import { isoTime, type Json } from '../kernel/index.js';
import type { ProfileDocument } from './profile-document.js';

/** A profile as the API shows it. Times are RFC 3339 in UTC. */
export interface ProfileView {
  id: string;
  identifiers: Identifier[];
  traits: Record<string, Json>;
  /** The tenant's aggregates by name, `null` where there is no figure. */
  aggregates: Record<string, Json>;
  /** The instant as of which the aggregates hold: their windows move with time. */
  asOf: string;
  devices: { token: string; platform: string; name?: string; registeredAt: string; lastSeenAt: string }[];
  consents: { channel: string; purpose?: string; status: string; at: string }[];
  firstSeenAt: string;
  lastSeenAt: string;
  version: number;
}

/** `asOf` in epoch milliseconds. */
export function viewOf(document: ProfileDocument, aggregates: Record<string, Json>, asOf: number): ProfileView {
  const traits: Record<string, Json> = {};
  for (const [name, { value }] of Object.entries(document.traits)) if (value !== null) traits[name] = value;
  return {
    id: document.id,
    identifiers: document.identifiers.map(({ type, value }) => ({ type, value })),
    traits,
    aggregates,
    asOf: isoTime(asOf),
    devices: document.devices.map((device) => ({
      token: device.token,
      platform: device.platform,
      ...(device.name === undefined ? {} : { name: device.name }),
      registeredAt: isoTime(device.registeredAt),
      lastSeenAt: isoTime(device.lastSeenAt),
    })),
    consents: document.consents.map(({ at, ...consent }) => ({ ...consent, at: isoTime(at) })),
    firstSeenAt: isoTime(document.firstSeenAt),
    lastSeenAt: isoTime(document.lastSeenAt),
    version: document.version,
  };
}

import { hash } from 'node:crypto';
import type { AddressSource } from '@cdp/plugin-kit';
import type { ProfileDocument } from '../profile/index.js';

export interface Recipient {
  address: string;
  /** Tells several addresses of one person apart; empty where there can be one alone. */
  target: string;
}

/** Where a channel reaches a person: nowhere, at one address, or at each of several devices. */
export function addressesOf(document: ProfileDocument, source: AddressSource | undefined): Recipient[] {
  if (source === undefined) return [{ address: '', target: '' }];
  if ('device' in source)
    return document.devices
      .filter((device) => source.device.includes(device.platform))
      .map((device) => ({ address: device.token, target: hash('sha256', device.token, 'base64url') }));
  const trait = document.traits[source.trait]?.value;
  if (typeof trait === 'string' && trait.trim() !== '') return [{ address: trait.trim(), target: '' }];
  const identifier = document.identifiers.find((one) => one.type === source.trait && one.value.trim() !== '');
  return identifier ? [{ address: identifier.value.trim(), target: '' }] : [];
}

import { createHash } from 'node:crypto';

export const SUPPRESSION_REASONS = ['bounced', 'complained', 'refused', 'manual'] as const;
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];

/** An address that a channel sends nothing to, whoever it belongs to and whatever they agreed to. */
export interface Suppression {
  channel: string;
  /** See {@link hashAddress}. It outlives the erasing of the person, so that the address stays suppressed. */
  addressHash: string;
  /** Absent where only the hash is known or left. */
  address?: string | undefined;
  reason: SuppressionReason;
  /** Who said so: `provider`, `api`, a message's id … */
  source: string;
  /** Epoch milliseconds. */
  at: number;
}

const normalise = (address: string): string => address.trim().toLowerCase();

/** The same for every spelling of an address that reaches the same place; tells nothing of it to another tenant. */
export const hashAddress = (tenantId: string, channel: string, address: string): string =>
  createHash('sha256')
    .update(`${tenantId}\0${channel}\0${normalise(address)}`)
    .digest('base64url');

import type { Page, PageRequest } from '../kernel/index.js';
import type { Suppression } from './suppression.js';

/** Suppressed addresses. A tenant sees its own alone. */
export abstract class SuppressionStore {
  /** The first reason stays where an address is suppressed already. Durable. Answers how many are new. */
  abstract add(tenantId: string, suppressions: readonly Suppression[]): Promise<number>;

  /** False where there was none. */
  abstract remove(tenantId: string, channel: string, addressHash: string): Promise<boolean>;

  /** Which of the hashes (some thousands at the most) are suppressed. */
  abstract among(tenantId: string, channel: string, addressHashes: readonly string[]): Promise<Set<string>>;

  /** By channel and hash. */
  abstract list(tenantId: string, page: PageRequest & { channel?: string | undefined }): Promise<Page<Suppression>>;

  /** Forgets the addresses themselves and keeps their hashes. Answers how many were forgotten. */
  abstract forgetAddresses(tenantId: string, addressHashes: readonly string[]): Promise<number>;
  abstract deleteTenant(tenantId: string): Promise<void>;
}

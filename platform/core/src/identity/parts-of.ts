import type { IdentityStore } from './identity-store.js';

/** The profile and all that are part of it now, also by way of others; the profile itself first. */
export async function partsOf(identities: IdentityStore, tenantId: string, profileId: string): Promise<string[]> {
  const parts = [profileId];
  for (const part of parts) {
    let cursor: string | undefined;
    do {
      const page = await identities.ledger(tenantId, part, { limit: 1_000, cursor });
      for (const { winner, loser, state } of page.items)
        if (winner === part && state !== 'undone' && state !== 'undoing' && !parts.includes(loser)) parts.push(loser);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }
  return parts;
}

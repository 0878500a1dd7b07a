import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/index.js';
import type { AccountStore } from './account-store.js';
import type { MembershipStore } from './membership-store.js';
import type { Principal } from './session.js';
import type { SessionStore } from './session-store.js';

/** How long another process may still let a revoked session in. */
const TRUSTED_MS = 2_000;
const SESSIONS_KEPT = 10_000;

/** Says on every request whose session it is. A revocation counts at once in this process and within two seconds in others. */
export class SessionGate {
  readonly #sessions: SessionStore;
  readonly #accounts: AccountStore;
  readonly #memberships: MembershipStore;
  readonly #clock: Clock;
  readonly #known = new LRUCache<string, { principal: Principal | null; until: number; expiresAt: number }>({
    max: SESSIONS_KEPT,
  });

  constructor(options: { sessions: SessionStore; accounts: AccountStore; memberships: MembershipStore; clock: Clock }) {
    this.#sessions = options.sessions;
    this.#accounts = options.accounts;
    this.#memberships = options.memberships;
    this.#clock = options.clock;
  }

  /** Undefined when the session is over, revoked, or its account gone. At once where it was asked a moment ago. */
  principal(sessionId: string): Principal | undefined | Promise<Principal | undefined> {
    const now = this.#clock.now();
    const known = this.#known.get(sessionId);
    if (known && known.until > now) return known.expiresAt > now ? (known.principal ?? undefined) : undefined;
    return this.#look(sessionId, now);
  }

  async #look(sessionId: string, now: number): Promise<Principal | undefined> {
    const epoch = this.#epoch;
    const session = await this.#sessions.get(sessionId);
    const principal =
      session && session.revokedAt === null && session.expiresAt > now
        ? await this.#principalOf(sessionId, session.accountId)
        : null;
    // A revocation that came in while this was read must not be covered by what was read before it.
    if (epoch === this.#epoch)
      this.#known.set(sessionId, { principal, until: now + TRUSTED_MS, expiresAt: session?.expiresAt ?? 0 });
    return principal ?? undefined;
  }

  /** Something about sessions, accounts or memberships changed: ask the stores again. */
  forget(): void {
    this.#epoch++;
    this.#known.clear();
  }

  #epoch = 0;

  async #principalOf(sessionId: string, accountId: string): Promise<Principal | null> {
    const account = await this.#accounts.get(accountId);
    if (!account) return null;
    const { id, email, name, platformAdmin, passwordState } = account;
    const memberships = await this.#memberships.ofAccount(accountId);
    return {
      sessionId,
      account: { id, email, name, platformAdmin, passwordState },
      memberships: memberships.map(({ tenantId, role, personalData }) => ({ tenantId, role, personalData })),
    };
  }
}

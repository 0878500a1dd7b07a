import type { Account, Membership } from './account.js';

/** A login. It ends at `expiresAt`, or at once when it is revoked. */
export interface Session {
  id: string;
  accountId: string;
  /** Epoch milliseconds. */
  createdAt: number;
  expiresAt: number;
  revokedAt: number | null;
  /** IP address and user agent of the login, for the list of one's sessions. */
  address: string | null;
  userAgent: string | null;
}

/** Who makes a request: a live session's account and what it is, where. */
export interface Principal {
  sessionId: string;
  account: Pick<Account, 'id' | 'email' | 'name' | 'platformAdmin' | 'passwordState'>;
  memberships: Pick<Membership, 'tenantId' | 'role' | 'personalData'>[];
}

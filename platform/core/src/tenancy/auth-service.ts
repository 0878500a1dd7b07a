import { CdpError, invalid, notFound } from '../kernel/index.js';
import { type Account, normalizeEmail } from './account.js';
import type { Actor } from './actor.js';
import { PLATFORM_TENANT } from './audit-log.js';
import type { KnownDevices } from './known-devices.js';
import type { LoginThrottle } from './login-throttle.js';
import type { Principal, Session } from './session.js';
import type { TenancyParts } from './tenancy-parts.js';

const TEMPORARY_PASSWORD_MS = 14 * 86_400_000;
const MIN_PASSWORD = 10;
const MAX_PASSWORD = 256;

export interface LoginRequest {
  email: string;
  password: string;
  /** IP address of the client. */
  address: string;
  userAgent?: string | undefined;
  /** What an earlier login left with this browser. */
  deviceMark?: string | undefined;
}

export interface Login {
  session: Session;
  principal: Principal;
  /** To be kept by the browser and shown at the next login. */
  deviceMark: string;
}

type Parts = Pick<
  TenancyParts,
  'unit' | 'accounts' | 'memberships' | 'sessions' | 'gate' | 'trail' | 'passwords' | 'ids' | 'clock'
> & {
  throttle: LoginThrottle;
  devices: KnownDevices;
  /** Milliseconds that a login lasts. */
  sessionTtlMs: number;
};

/** Logging in and out by password, and what one does with one's own account. */
export class AuthService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Throws `unauthenticated` for an unknown account as for a wrong password, and `over_quota` after too many failures. */
  async login(request: LoginRequest): Promise<Login> {
    const { accounts, clock, devices, gate, ids, passwords, sessions, throttle, sessionTtlMs } = this.#parts;
    const email = normalizeEmail(request.email);
    const account = await accounts.byEmail(email);
    const known = account !== undefined && devices.isMark(account.id, request.deviceMark);
    const attempt = await throttle.attempt(email, request.address, known);
    const matches = await passwords.matches(account?.passwordHash, request.password);
    if (!account || !matches) throw new CdpError('unauthenticated', 'The e-mail address or the password is wrong.');
    await attempt.succeeded();
    const now = clock.now();
    if (account.passwordState === 'temporary' && account.passwordSetAt + TEMPORARY_PASSWORD_MS < now)
      throw new CdpError('unauthenticated', 'The temporary password has expired: have an admin make a new one.');
    const session: Session = {
      id: ids.next(),
      accountId: account.id,
      createdAt: now,
      expiresAt: now + sessionTtlMs,
      revokedAt: null,
      address: request.address,
      userAgent: request.userAgent?.slice(0, 512) ?? null,
    };
    await sessions.insert(session);
    const principal = await gate.principal(session.id);
    if (!principal) throw new CdpError('unauthenticated', 'The account is gone.');
    return { session, principal, deviceMark: devices.mark(account.id) };
  }

  /** Ends the session; ending it twice is no mistake. */
  async logout({ account, sessionId }: Principal): Promise<void> {
    await this.#parts.sessions.revoke(account.id, sessionId, this.#parts.clock.now());
    this.#parts.gate.forget();
  }

  /** Every other session of the account ends. */
  async changePassword(principal: Principal, current: string, next: string, actor: Actor): Promise<void> {
    const { accounts, clock, gate, passwords, sessions, throttle, trail, unit } = this.#parts;
    const account = await this.#account(principal);
    const attempt = await throttle.attempt(account.email, actor.address ?? 'unknown', true);
    if (!(await passwords.matches(account.passwordHash, current)))
      throw invalid('currentPassword', 'This is not the present password.');
    await attempt.succeeded();
    checkPassword(next, account.email);
    if (next === current) throw invalid('newPassword', 'Choose another one than the present password.');
    const passwordHash = await passwords.hash(next);
    await unit.run(async () => {
      const now = clock.now();
      const changed: Account = {
        ...account,
        passwordHash,
        passwordState: 'chosen',
        passwordSetAt: now,
        version: account.version + 1,
        updatedAt: now,
      };
      if (!(await accounts.replace(changed, account.version)))
        throw new CdpError('conflict', 'The account was changed at the same time: try again.');
      await sessions.revokeAll(account.id, now, principal.sessionId);
      await trail.record(PLATFORM_TENANT, actor, {
        action: 'change_password',
        resource: 'User',
        resourceId: account.id,
      });
    });
    gate.forget();
  }

  sessions({ account }: Principal): Promise<Session[]> {
    return this.#parts.sessions.live(account.id, this.#parts.clock.now());
  }

  async revokeSession({ account }: Principal, sessionId: string, actor: Actor): Promise<void> {
    const { clock, gate, sessions, trail, unit } = this.#parts;
    await unit.run(async () => {
      if (!(await sessions.revoke(account.id, sessionId, clock.now()))) throw notFound('session');
      await trail.record(PLATFORM_TENANT, actor, { action: 'revoke', resource: 'Session', resourceId: sessionId });
    });
    gate.forget();
  }

  async #account({ account }: Principal): Promise<Account> {
    const found = await this.#parts.accounts.get(account.id);
    if (!found) throw new CdpError('unauthenticated', 'The account is gone.');
    return found;
  }
}

function checkPassword(password: string, email: string): void {
  if (password.length < MIN_PASSWORD) throw invalid('newPassword', `At least ${MIN_PASSWORD} characters.`);
  if (password.length > MAX_PASSWORD) throw invalid('newPassword', `At most ${MAX_PASSWORD} characters.`);
  if (new Set(password).size < 5) throw invalid('newPassword', 'Use more different characters.');
  if (password.toLowerCase().includes(email.split('@')[0] as string) && password.length < 16)
    throw invalid('newPassword', 'Do not build it from the e-mail address.');
}

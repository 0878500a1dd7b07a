import { subject } from '@casl/ability';
import { CdpError, conflict, notFound, type Page, type PageRequest } from '../kernel/index.js';
import type { CdpAbility } from './abilities.js';
import { type Account, type Member, type Membership, normalizeEmail } from './account.js';
import type { Actor } from './actor.js';
import { newTemporaryPassword } from './passwords.js';
import type { Role } from './role.js';
import type { TenancyParts } from './tenancy-parts.js';

/** Who asks for a change among users, and what that person may do. */
export interface Authority {
  actor: Actor;
  ability: CdpAbility;
}

export interface Invitation {
  email: string;
  role: Role;
  name?: string | undefined;
  personalData?: boolean | undefined;
}

export interface Invited {
  member: Member;
  /** Null when the person had an account already, and logs in with its password. */
  temporaryPassword: string | null;
}

type Parts = Pick<
  TenancyParts,
  'unit' | 'accounts' | 'memberships' | 'sessions' | 'gate' | 'trail' | 'passwords' | 'ids' | 'clock'
>;

/** The people of a tenant and their roles. There is one owner at least, and only owners make or unmake owners. */
export class UserService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Lets a person in, with a new account where there is none for the e-mail address. */
  async invite(tenantId: string, invitation: Invitation, by: Authority): Promise<Invited> {
    mayTouch(by, 'create', invitation.role);
    const account = await this.account(invitation.email, invitation.name);
    const member = await this.#parts.unit.run(() => this.join(tenantId, account, invitation, by.actor));
    this.#parts.gate.forget();
    return { member, temporaryPassword: account.temporaryPassword };
  }

  list(tenantId: string, page: PageRequest): Promise<Page<Member>> {
    return this.#parts.memberships.list(tenantId, page);
  }

  async get(tenantId: string, accountId: string): Promise<Member> {
    const member = await this.#parts.memberships.get(tenantId, accountId);
    if (!member) throw notFound('user');
    return member;
  }

  async update(
    tenantId: string,
    accountId: string,
    change: { role?: Role | undefined; personalData?: boolean | undefined },
    by: Authority,
    expectedVersion?: number,
  ): Promise<Member> {
    const { gate, memberships, trail, unit } = this.#parts;
    const updated = await unit.run(async () => {
      const before = await this.get(tenantId, accountId);
      const role = change.role ?? before.role;
      mayTouch(by, 'update', before.role);
      mayTouch(by, 'update', role);
      if (before.role === 'owner' && role !== 'owner') await this.#keepAnOwner(tenantId);
      const after: Member = {
        ...before,
        role,
        personalData: change.personalData ?? before.personalData,
        version: before.version + 1,
      };
      if (!(await memberships.replace(tenantId, after, expectedVersion ?? before.version)))
        throw conflict('The user was changed at the same time: read it again.');
      await trail.record(tenantId, by.actor, {
        action: 'update',
        resource: 'User',
        resourceId: accountId,
        before,
        after,
      });
      return after;
    });
    gate.forget();
    return updated;
  }

  /** Takes the person out of the tenant; an account that is in no other is removed. */
  async remove(tenantId: string, accountId: string, by: Authority): Promise<void> {
    const { accounts, clock, gate, memberships, sessions, trail, unit } = this.#parts;
    await unit.run(async () => {
      const before = await this.get(tenantId, accountId);
      mayTouch(by, 'delete', before.role);
      if (before.role === 'owner') await this.#keepAnOwner(tenantId);
      await memberships.remove(tenantId, accountId);
      await sessions.revokeAll(accountId, clock.now());
      const account = await accounts.get(accountId);
      if (account && !account.platformAdmin && (await memberships.ofAccount(accountId)).length === 0)
        await accounts.remove(accountId);
      await trail.record(tenantId, by.actor, { action: 'delete', resource: 'User', resourceId: accountId, before });
    });
    gate.forget();
  }

  /**
   * A new temporary password for someone who lost theirs; every session of the account ends. Refused for an account that is more
   * than a user of this tenant: one tenant may not take over what is another's.
   */
  async resetPassword(tenantId: string, accountId: string, by: Authority): Promise<string> {
    const { accounts, clock, gate, memberships, passwords, sessions, trail, unit } = this.#parts;
    const password = newTemporaryPassword();
    const passwordHash = await passwords.hash(password);
    await unit.run(async () => {
      const member = await this.get(tenantId, accountId);
      mayTouch(by, 'update', member.role);
      const account = await accounts.get(accountId);
      if (!account) throw notFound('user');
      const elsewhere = account.platformAdmin || (await memberships.ofAccount(accountId)).length > 1;
      if (elsewhere && by.ability.cannot('manage', 'Platform'))
        throw new CdpError(
          'forbidden',
          'This account is not of this tenant alone: a platform admin resets its password.',
        );
      const now = clock.now();
      await accounts.replace(
        {
          ...account,
          passwordHash,
          passwordState: 'temporary',
          passwordSetAt: now,
          version: account.version + 1,
          updatedAt: now,
        },
        account.version,
      );
      await sessions.revokeAll(accountId, now);
      await trail.record(tenantId, by.actor, { action: 'reset_password', resource: 'User', resourceId: accountId });
    });
    gate.forget();
    return password;
  }

  /** Ends every login of a user, as after a lost device. */
  async revokeSessions(tenantId: string, accountId: string, by: Authority): Promise<void> {
    const { clock, gate, sessions, trail, unit } = this.#parts;
    await unit.run(async () => {
      const member = await this.get(tenantId, accountId);
      mayTouch(by, 'update', member.role);
      await sessions.revokeAll(accountId, clock.now());
      await trail.record(tenantId, by.actor, { action: 'revoke_sessions', resource: 'User', resourceId: accountId });
    });
    gate.forget();
  }

  /** The account of an e-mail address, or what it would be: `join` writes it. */
  async account(email: string, name?: string): Promise<Account & { temporaryPassword: string | null }> {
    const { accounts, clock, ids, passwords } = this.#parts;
    const address = normalizeEmail(email);
    const known = await accounts.byEmail(address);
    if (known) return { ...known, temporaryPassword: null };
    const temporaryPassword = newTemporaryPassword();
    const now = clock.now();
    return {
      id: ids.next(),
      email: address,
      name: name ?? null,
      passwordHash: await passwords.hash(temporaryPassword),
      passwordState: 'temporary',
      passwordSetAt: now,
      platformAdmin: false,
      version: 1,
      createdAt: now,
      updatedAt: now,
      temporaryPassword,
    };
  }

  /** Inside a unit of work: writes the account when it is new, and makes it a member. */
  async join(
    tenantId: string,
    { temporaryPassword, ...account }: Account & { temporaryPassword: string | null },
    { role, personalData = false }: Pick<Invitation, 'role' | 'personalData'>,
    actor: Actor,
  ): Promise<Member> {
    const { accounts, clock, memberships, trail } = this.#parts;
    if (temporaryPassword !== null && !(await accounts.insert(account)))
      throw conflict('An account for this e-mail address was made at the same time: try again.');
    const membership: Membership = {
      tenantId,
      accountId: account.id,
      role,
      personalData,
      version: 1,
      createdAt: clock.now(),
    };
    if (!(await memberships.insert(tenantId, membership)))
      throw conflict('This person is a user of the tenant already.');
    const { email, name, passwordState } = account;
    const member: Member = { ...membership, email, name, passwordState };
    await trail.record(tenantId, actor, { action: 'create', resource: 'User', resourceId: account.id, after: member });
    return member;
  }

  async #keepAnOwner(tenantId: string): Promise<void> {
    if ((await this.#parts.memberships.count(tenantId, 'owner')) <= 1)
      throw conflict('A tenant keeps one owner at least: make another one first.');
  }
}

function mayTouch({ ability }: Authority, action: 'create' | 'update' | 'delete', role: Role): void {
  if (ability.cannot(action, subject('User', { role })))
    throw new CdpError('forbidden', `Your role may not ${action} a user who is ${role}.`);
}

import { normalizeEmail } from './account.js';
import { PLATFORM } from './actor.js';
import { PLATFORM_TENANT } from './audit-log.js';
import { newTemporaryPassword } from './passwords.js';
import type { TenancyParts } from './tenancy-parts.js';

/** The first start of a platform: someone has to be able to log in. */
export class PlatformService {
  readonly #parts: Pick<TenancyParts, 'unit' | 'accounts' | 'trail' | 'passwords' | 'ids' | 'clock'>;

  constructor(parts: Pick<TenancyParts, 'unit' | 'accounts' | 'trail' | 'passwords' | 'ids' | 'clock'>) {
    this.#parts = parts;
  }

  /**
   * Makes the platform admin where the account is not there yet, with the password given or a new one, which is answered to be
   * shown once. An account that is there keeps its password.
   */
  async ensureAdmin(email: string, password?: string): Promise<{ created: boolean; password?: string }> {
    const { accounts, clock, ids, passwords, trail, unit } = this.#parts;
    const address = normalizeEmail(email);
    if (await accounts.byEmail(address)) return { created: false };
    const made = password === undefined ? newTemporaryPassword() : undefined;
    const passwordHash = await passwords.hash(password ?? (made as string));
    const now = clock.now();
    const id = ids.next();
    const created = await unit.run(async () => {
      const inserted = await accounts.insert({
        id,
        email: address,
        name: null,
        passwordHash,
        passwordState: 'chosen',
        passwordSetAt: now,
        platformAdmin: true,
        version: 1,
        createdAt: now,
        updatedAt: now,
      });
      if (inserted)
        await trail.record(PLATFORM_TENANT, PLATFORM, {
          action: 'create',
          resource: 'User',
          resourceId: id,
          after: { id, email: address, platformAdmin: true },
        });
      return inserted;
    });
    return { created, ...(created && made !== undefined && { password: made }) };
  }
}

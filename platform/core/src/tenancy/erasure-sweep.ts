import type { Clock, Logger } from '../kernel/index.js';
import type { Leases } from '../work/index.js';
import type { TenantService } from './tenant-service.js';

const EVERY_MS = 10_000;
/** By then every process knows that the tenant is deleted, and has written what it had begun to write for it. */
const SETTLED_MS = 30_000;
/** An erasure may take long; another process takes over where the one that had it died. */
const LEASE_MS = 600_000;
const LEASE = 'erasure of tenants';

/** Erases deleted tenants where many processes write: some time after the deletion, in one of them. */
export class ErasureSweep {
  readonly #parts: { tenants: TenantService; leases: Leases; holder: string; clock: Clock; logger: Logger };
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: { tenants: TenantService; leases: Leases; holder: string; clock: Clock; logger: Logger }) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.#sweep());
    }, EVERY_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async #sweep(): Promise<void> {
    const { tenants, leases, holder, clock, logger } = this.#parts;
    try {
      if (!(await leases.take(LEASE, holder, clock.now(), LEASE_MS))) return;
      await tenants.eraseDeleted(SETTLED_MS);
      await leases.release(LEASE, holder);
    } catch (error) {
      logger.warn('Deleted tenants could not be looked for', { error: String(error) });
    }
  }
}

import { createHash, randomUUID } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { CdpError, type Clock, type UnitOfWork } from '../kernel/index.js';
import type { FailureCounter } from './failure-counter.js';

interface Bound {
  key: string;
  limit: number;
  windowMs: number;
}

export interface LoginThrottleLimits {
  /** Failures of one address with one account, and with any; of one account from any unknown device. */
  pair: number;
  address: number;
  account: number;
}

const QUARTER = 15 * 60_000;
const HOUR = 60 * 60_000;
const LIMITS: LoginThrottleLimits = { pair: 10, address: 60, account: 100 };

/**
 * Slows the guessing of passwords without giving anyone the means to lock another out: the narrow bound is on an account together
 * with an address. The bound on an account from all addresses, which stops guessing from many, does not apply to a browser that
 * has logged in to it before and shows so. Attempts count from the moment they begin, so that many at once gain nothing.
 */
export class LoginThrottle {
  readonly #counter: FailureCounter;
  readonly #unit: UnitOfWork;
  readonly #clock: Clock;
  readonly #limits: LoginThrottleLimits;

  constructor(options: { counter: FailureCounter; unit: UnitOfWork; clock: Clock; limits?: LoginThrottleLimits }) {
    this.#counter = options.counter;
    this.#unit = options.unit;
    this.#clock = options.clock;
    this.#limits = options.limits ?? LIMITS;
  }

  /** Begins an attempt; throws `over_quota` where there were too many. `succeeded` takes it back. */
  async attempt(email: string, address: string, knownDevice: boolean): Promise<{ succeeded: () => Promise<void> }> {
    const network = networkOf(address);
    const pair = digest('pair', email, network);
    const bounds: Bound[] = [
      { key: pair, limit: this.#limits.pair, windowMs: QUARTER },
      { key: digest('address', network), limit: this.#limits.address, windowMs: QUARTER },
      ...(knownDevice ? [] : [{ key: digest('account', email), limit: this.#limits.account, windowMs: HOUR }]),
    ];
    const attemptId = randomUUID();
    const wait = await this.#unit.run(async () => {
      const now = this.#clock.now();
      const keys = bounds.map(({ key }) => key);
      const times = await this.#counter.times(keys, now - HOUR);
      const waits = bounds.map((bound, at) => waitFor(bound, times[at] ?? [], now));
      const longest = Math.max(...waits);
      if (longest === 0) await this.#counter.add(keys, attemptId, now);
      return longest;
    });
    if (wait > 0)
      throw new CdpError('over_quota', 'Too many failed logins. Try again later.', {
        retryAfter: Math.ceil(wait / 1_000),
      });
    return {
      succeeded: async () => {
        await this.#counter.remove(attemptId);
        await this.#counter.clear(pair);
      },
    };
  }

  /** Forgets what no bound looks at any more. */
  async purge(): Promise<void> {
    await this.#counter.purge(this.#clock.now() - HOUR);
  }
}

/** Milliseconds until there is room under the bound again; 0 when there is. */
function waitFor({ limit, windowMs }: Bound, times: number[], now: number): number {
  const recent = times.filter((time) => time > now - windowMs);
  const blocking = recent.at(-limit);
  return recent.length < limit || blocking === undefined ? 0 : blocking + windowMs - now;
}

/** Whoever has one IPv6 address has all of its /64. */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4' ? parsed.toString() : (parsed as ipaddr.IPv6).parts.slice(0, 4).join(':');
}

const digest = (...parts: string[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('base64url');

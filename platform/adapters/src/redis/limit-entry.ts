/** Of a limit, what a process takes along at a time at the most. */
const QUOTA_PORTION = 0.01;
const BUCKET_PORTION = 0.02;
/** Of a window, how long units of a bucket may lie with a process; a quota's lie until nobody has asked for a while. */
const BUCKET_LEASE = 0.05;
const LONGEST_LEASE_MS = 250;
const IDLE_MS = 1_000;
const QUOTA_FROM_MS = 3_600_000;

/**
 * What this process knows of one limit: units that it has taken along and may give out without a question. How many it takes
 * along follows the demand: twice as many each time that they went before their time, less when some were left over.
 */
export class LimitEntry {
  readonly key: string;
  readonly windowMs: number;
  /** Epoch milliseconds of the last call. */
  lastAt = 0;
  /** Units in a quota's window as Redis last said, own ones among them. */
  used = 0;
  /** Where that window begins. */
  start = 0;
  /** Units that were given out while Redis was away, and where their window begins. */
  owed = { units: 0, start: 0 };
  /** A part of them that Redis is being told of, for as long as it is not certain that it heard. */
  telling: { units: number; start: number; token: string } | undefined;
  #left = 0;
  #limit = 0;
  #until = 0;
  #portion = 0;
  #asking = false;

  constructor(key: string, windowMs: number) {
    this.key = key;
    this.windowMs = windowMs;
  }

  get isQuota(): boolean {
    return this.windowMs >= QUOTA_FROM_MS;
  }

  /** Units that lie here. */
  get left(): number {
    return this.#left;
  }

  /** Gives units out of those that lie here. */
  spend(units: number, limit: number, now: number): boolean {
    this.lastAt = now;
    if (this.#left < units || limit !== this.#limit || !this.#isFresh(now)) return false;
    this.#left -= units;
    return true;
  }

  /** How many to take along with the next question; only one at a time takes any. */
  extra(units: number, limit: number, now: number): number {
    if (this.#asking) return 0;
    const most = Math.floor(limit * (this.isQuota ? QUOTA_PORTION : BUCKET_PORTION));
    const leftOver = this.#left > units && !this.#isFresh(now);
    this.#portion = Math.min(most, leftOver ? this.#portion >> 2 : Math.max(2 * this.#portion, units));
    this.#asking = this.#portion > 0;
    return this.#portion;
  }

  /** What came of a question with `extra`. */
  asked(extra: number): void {
    if (extra > 0) this.#asking = false;
  }

  /** Notes how a quota stands; false for one whose window is over by now. */
  heard({ start, used }: { start: number; used: number }): boolean {
    if (start < this.start) return false;
    if (start > this.start) this.#left = 0;
    this.start = start;
    this.used = used;
    return true;
  }

  /** Puts units here that were granted beyond what was asked for. */
  put(units: number, limit: number, now: number): void {
    if (units <= 0) return;
    // Those of a bucket leak away; those of a quota stay good until its window is over.
    if (!this.isQuota && (limit !== this.#limit || !this.#isFresh(now))) this.#left = 0;
    this.#left += units;
    this.#limit = limit;
    this.#until = now + Math.min(LONGEST_LEASE_MS, this.windowMs * BUCKET_LEASE);
  }

  /** Takes all units away that lie here. */
  clear(): number {
    const left = this.#left;
    this.#left = 0;
    return left;
  }

  isIdle(now: number): boolean {
    return Math.abs(now - this.lastAt) >= IDLE_MS;
  }

  #isFresh(now: number): boolean {
    return this.isQuota ? Math.floor(now / this.windowMs) * this.windowMs <= this.start : now < this.#until;
  }
}

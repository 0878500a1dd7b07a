import type { Clock } from '../kernel/index.js';
import type { EventLog } from '../log/index.js';
import { segmentJob } from './segment-builder.js';
import type { SegmentCatalog } from './segment-catalog.js';

/** By then the job of a build has long begun, unless there is none, or there are many before it. */
const STALLED_MS = 60_000;
/** A build that takes long is not asked for at every look. */
const AGAIN_MS = 600_000;

/**
 * Asks again for builds whose job did not get into the log: the log was away just when the segment was stored, or whoever stored
 * it died in between. One too many changes nothing.
 */
export class StalledBuilds {
  readonly #catalog: SegmentCatalog;
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #asked = new Map<string, number>();

  constructor(parts: { catalog: SegmentCatalog; log: EventLog; clock: Clock }) {
    this.#catalog = parts.catalog;
    this.#log = parts.log;
    this.#clock = parts.clock;
  }

  /** Answers how many were asked for. */
  async ask(): Promise<number> {
    const now = this.#clock.now();
    for (const [key, at] of this.#asked) if (now - at > AGAIN_MS) this.#asked.delete(key);
    const stalled = this.#catalog
      .building()
      .filter(({ id, version, updatedAt }) => now - updatedAt > STALLED_MS && !this.#asked.has(`${id}/${version}`));
    if (stalled.length === 0) return 0;
    await this.#log.append(
      stalled.map(({ tenantId, id }) => segmentJob({ step: 'build', tenantId, segmentId: id, dependents: true })),
    );
    for (const { id, version } of stalled) this.#asked.set(`${id}/${version}`, now);
    return stalled.length;
  }
}

import { setTimeout as after } from 'node:timers/promises';
import { enriched } from '../inbound/index.js';
import { CdpError, type Clock, type Page, type PageRequest } from '../kernel/index.js';
import { type EventLog, TOPICS } from '../log/index.js';
import type { DefinitionChanges } from './definition-changes.js';
import type { Segment } from './segment.js';
import type { SegmentCatalog } from './segment-catalog.js';
import type { SegmentStore } from './segment-store.js';
import type { WriterRoll } from './writer-roll.js';
import { WritersTurn } from './writers-turn.js';

export interface FollowedWritersParts {
  segments: SegmentStore;
  catalog: SegmentCatalog;
  changes: DefinitionChanges;
  roll: WriterRoll;
  log: EventLog;
  clock: Clock;
  /** The group that writes profiles from `cdp.events.enriched`. */
  group: string;
  /** Active profiles of a tenant that were last written by a record at or beyond the position of its partition. */
  writtenBeyond: (tenantId: string, positions: ReadonlyMap<number, number>, page: PageRequest) => Promise<Page<string>>;
  /** Milliseconds after which a writer that told nothing of itself has lost its partitions. Default 15,000. */
  silentMs?: number;
}

const LOOK_MS = 100;
const PAGE = 1_000;

/**
 * Where profiles are written by any number of processes, which go on meanwhile. A version that is in force is frozen first: no
 * profile moves by it once every writer has seen that, so what the build finds is what members differ from. After the new
 * version is live for every writer, those profiles are called again that were written since the build began to read.
 */
export class FollowedWriters extends WritersTurn {
  readonly #parts: FollowedWritersParts;

  constructor(parts: FollowedWritersParts) {
    super();
    this.#parts = parts;
  }

  override async swap(segment: Segment, work: (standing: Segment) => Promise<void>): Promise<void> {
    const { log, group } = this.#parts;
    const standing = await this.#freeze(segment);
    const positions = new Map((await log.positions(group, TOPICS.enriched)).entries());
    try {
      await work(standing);
    } catch (error) {
      await this.#thaw(standing);
      throw error;
    } finally {
      await this.#followed();
      await this.#callAgain(segment.tenantId, positions);
    }
  }

  override async pass(work: () => Promise<void>): Promise<void> {
    await this.#followed();
    await work();
  }

  async #freeze(segment: Segment): Promise<Segment> {
    const { segments, catalog } = this.#parts;
    if (!segment.live) return segment;
    const frozen: Segment = { ...segment, live: { ...segment.live, frozen: true } };
    if (!(await segments.settle(segment.tenantId, segment.id, segment.version, frozen)))
      throw new CdpError('unavailable', 'The segment changed just now.', { retryAfter: 1 });
    catalog.put(frozen);
    await this.#followed();
    return frozen;
  }

  /** The version that was in force is again, as one that profiles have yet to hear of: they were not held to it meanwhile. */
  async #thaw({ tenantId, id, version, ...segment }: Segment): Promise<void> {
    const { segments, catalog, clock } = this.#parts;
    const { live } = segment;
    if (!live) return;
    const thawed = await catalog.goLive(tenantId, Math.max(clock.now(), live.since + 2), async (since) => {
      const standing = { ...segment, tenantId, id, version, live: { version: live.version, rule: live.rule, since } };
      return (await segments.settle(tenantId, id, version, standing)) ? standing : undefined;
    });
    if (thawed) catalog.put(thawed);
  }

  /** Resolves when every process that writes follows what was committed before the call, and wrote what it had begun before. */
  async #followed(): Promise<void> {
    const { changes, roll, clock, silentMs = 15_000 } = this.#parts;
    const position = await changes.last();
    while ((await roll.behind(position, clock.now() - silentMs)) > 0) await after(LOOK_MS);
  }

  async #callAgain(tenantId: string, positions: ReadonlyMap<number, number>): Promise<void> {
    const { log, clock, writtenBeyond } = this.#parts;
    let cursor: string | undefined;
    do {
      const page = await writtenBeyond(tenantId, positions, { limit: PAGE, cursor });
      const at = clock.now();
      await log.append(page.items.map((profileId) => enriched({ kind: 'tick', tenantId, profileId, at })));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }
}

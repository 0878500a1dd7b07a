import { ABORT_GRACE_MS, CALL_MS } from './channel-calls.js';
import type { LaneDeps, LaneOptions, LaneRefs } from './delivery-lane.js';
import type { OpenedChannel } from './open-channels.js';
import type { LeasedMessage } from './outbox-store.js';
import { leftUnknown, type SettleContext } from './settle-outcome.js';
import type { Settler } from './settler.js';

/** Messages of one call of a plugin. */
export interface Chunk {
  lease: string;
  /** When it may no longer be begun, because its lease could end before the call does. */
  beginBefore: number;
  /** The plugin is to find out what became of them. */
  reconcile: boolean;
  messages: LeasedMessage[];
}

export interface LanePagesParts extends LaneRefs {
  deps: LaneDeps;
  options: LaneOptions;
  settler: Settler;
  context(opened: OpenedChannel): SettleContext;
}

/** A page is to last no shorter than this: leasing costs a transaction. In milliseconds. */
const SHORTEST_MS = 50;
/** And no longer: what was checked before a page is sent should still hold when it is, and a lease ends. */
const LONGEST_MS = 250;
/** Messages of a page. More make one transaction take longer than a lane that is fast can wait. */
const MOST = 1_000;
const GRACE_MS = 60_000;

/** Leases the messages of a lane, as many at a time as it sends in the time that a page is to last. */
export class LanePages {
  readonly #parts: LanePagesParts;
  readonly #opened: OpenedChannel;
  readonly #batch: number;
  readonly #fewest: number;
  #size: number;
  /** When the page before was leased, on the clock that only grows. */
  #before: number | undefined;

  constructor(parts: LanePagesParts, opened: OpenedChannel, calls: number, batch: number) {
    this.#parts = parts;
    this.#opened = opened;
    this.#batch = batch;
    this.#fewest = Math.max(calls, batch);
    this.#size = calls * batch;
  }

  /** Messages of a page as it is sized now. */
  get size(): number {
    return this.#size;
  }

  /** The next messages, ready to be sent, and whether that was all that is due. */
  async next(): Promise<{ chunks: Chunk[]; last: boolean }> {
    const { tenantId, channelId, deps, options } = this.#parts;
    this.#fit();
    const lease = deps.ids.next();
    const now = deps.clock.now();
    const graceMs = options.graceMs ?? GRACE_MS;
    const until = now + (options.callMs ?? CALL_MS) + graceMs;
    const limit = this.#size;
    const messages = await deps.outbox.lease(tenantId, channelId, { lease, now, until, limit });
    const base = { lease, beginBefore: now + Math.max(graceMs - ABORT_GRACE_MS, graceMs / 2) };
    const { reconcile, send } = await this.#checked(lease, messages);
    const chunks = [
      ...chunksOf(reconcile, this.#batch).map((some) => ({ ...base, reconcile: true, messages: some })),
      ...chunksOf(send, this.#batch).map((some) => ({ ...base, reconcile: false, messages: some })),
    ];
    return { chunks, last: messages.length < limit };
  }

  /** Lets go of what was leased and will not be sent now. */
  async giveBack(chunks: readonly Chunk[]): Promise<void> {
    const { tenantId, deps } = this.#parts;
    for (const [lease, some] of Map.groupBy(chunks, (chunk) => chunk.lease)) {
      const ids = some.flatMap(({ messages }) => messages.map((one) => one.id));
      await deps.outbox.release(tenantId, lease, ids, deps.clock.now());
    }
  }

  #fit(): void {
    const now = performance.now();
    const took = this.#before === undefined ? undefined : now - this.#before;
    this.#before = now;
    if (took === undefined) return;
    if (took < SHORTEST_MS) this.#size = Math.min(Math.max(MOST, this.#fewest), this.#size * 2);
    else if (took > LONGEST_MS) this.#size = Math.max(this.#fewest, Math.floor(this.#size / 2));
  }

  /** What is left to do after the checks; what may have been sent already comes apart. */
  async #checked(
    lease: string,
    messages: readonly LeasedMessage[],
  ): Promise<{ reconcile: LeasedMessage[]; send: LeasedMessage[] }> {
    const context = this.#parts.context(this.#opened);
    const open = messages.filter((one) => one.was !== 'queued' && !context.idempotent);
    const known = messages.filter((one) => one.was === 'queued' || context.idempotent);
    const { send, settled } = await this.#parts.deps.checks.split(context, known);
    if (!context.reconciles)
      for (const one of open) settled.push(leftUnknown(context, one, 'The sending was interrupted.', false));
    await this.#parts.settler.settle(lease, settled, { keepProviderIds: false, unhurried: false });
    return { reconcile: context.reconciles ? open : [], send };
  }
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let from = 0; from < items.length; from += size) chunks.push(items.slice(from, from + size));
  return chunks;
}

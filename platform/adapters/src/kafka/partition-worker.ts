import type { Logger } from '@cdp/core/kernel';
import type { ConsumeOptions, LogRecord, Topic } from '@cdp/core/log';
import { type BatchRunner, type GroupMember, pause } from '../log/index.js';
import { isFenced, textOf } from './kafka-error.js';
import type { PartitionFetcher } from './partition-fetcher.js';
import type { TransactionWriter } from './transaction-writer.js';

/** What the worker of a partition needs of its group. */
export interface WorkersGroup {
  readonly name: string;
  readonly topic: Topic;
  /** Who does the next batch of the partition. */
  memberFor(partition: number): GroupMember | undefined;
  /** Resolves when something of the group changed, or after so many milliseconds. */
  signal(orAfterMs?: number): Promise<void>;
  wake(): void;
  /** Rejects when the group does not count on this process. */
  confirm(): Promise<void>;
  /** The position of the group in the partition; where it has none, the one to start at. */
  position(partition: number): Promise<number>;
}

export interface PartitionWorkerOptions {
  group: WorkersGroup;
  partition: number;
  fetcher: PartitionFetcher;
  writer: TransactionWriter;
  runner: BatchRunner;
  logger: Logger;
  batchEveryMs: number;
  resumeAt: ConsumeOptions['resumeAt'];
}

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;

/** Works on one partition for as long as it is dealt to this process. */
export class PartitionWorker {
  readonly ended: Promise<void>;
  /** The offset of the next record to do; undefined until the partition is taken over. */
  next: number | undefined;
  readonly #options: PartitionWorkerOptions;
  readonly #stop = new AbortController();
  #committed = 0;
  #failures = 0;

  constructor(options: PartitionWorkerOptions) {
    this.#options = options;
    this.ended = this.#run();
  }

  get stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** No batch is begun any more; `ended` resolves after the one under way. */
  stop(): void {
    this.#stop.abort();
    this.#options.group.wake();
  }

  settle(): Promise<void> {
    return this.#options.writer.settle();
  }

  async #run(): Promise<void> {
    const { group, partition, fetcher, logger } = this.#options;
    while (!this.stopped) {
      try {
        await this.#takeOver();
        await this.#work();
      } catch (error) {
        if (this.stopped) break;
        logger[isFenced(error) ? 'warn' : 'error']('consumer could not go on', {
          group: group.name,
          topic: group.topic,
          partition,
          offset: this.next,
          error: textOf(error),
        });
        await pause(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures++), this.#stop.signal);
      }
    }
    fetcher.close(partition);
  }

  /** After this whoever worked on the partition before cannot commit any more, and what it did commit is known. */
  async #takeOver(): Promise<void> {
    const { group, partition, fetcher, writer, resumeAt } = this.#options;
    await group.confirm();
    await writer.begin();
    this.#committed = await group.position(partition);
    const effects = await resumeAt?.(partition);
    this.next = effects === undefined ? this.#committed : Math.min(this.#committed, effects);
    fetcher.open(partition, this.next);
    group.wake();
  }

  async #work(): Promise<void> {
    const { group, partition, fetcher, batchEveryMs } = this.#options;
    let startAt = Number.NEGATIVE_INFINITY;
    while (!this.stopped) {
      const member = group.memberFor(partition);
      const waiting = fetcher.waiting(partition, this.next as number);
      const early = startAt - performance.now();
      if (!member || member.paused || waiting === undefined) await group.signal();
      else if (early > 0 && waiting < maxRecords(member)) await group.signal(early);
      else {
        startAt = performance.now() + batchEveryMs;
        await member.during(() => this.#step(member));
        this.#failures = 0;
      }
    }
  }

  async #step(member: GroupMember): Promise<void> {
    const { group, partition, fetcher, runner } = this.#options;
    const next = this.next as number;
    // Below the committed position the outputs are already in the log: the batch is cut there and its outputs dropped.
    const replay = next < this.#committed;
    const below = replay ? this.#committed : Number.POSITIVE_INFINITY;
    const { records, after, last } = fetcher.peek(partition, maxRecords(member), below);
    let outputs: LogRecord[] | undefined = [];
    if (records.length > 0) {
      outputs = await runner.run(
        { topic: group.topic, partition, records, last },
        member.options.handler,
        member.interrupted,
      );
      if (outputs === undefined) return; // paused before the work could be done
    }
    if (!replay) await this.#commit(after, outputs, member.interrupted);
    this.next = after;
    fetcher.drop(partition, after);
    group.wake();
  }

  /** The work is done; it is not done again only because the log is away for a while. */
  async #commit(after: number, outputs: readonly LogRecord[], interrupted: AbortSignal): Promise<void> {
    const { group, partition, writer, logger } = this.#options;
    for (let failures = 0; ; failures++) {
      try {
        if (failures > 0) {
          await group.confirm();
          await writer.begin();
          if ((await group.position(partition)) >= after) break;
        }
        await writer.commit(after, outputs);
        break;
      } catch (error) {
        if (isFenced(error) || this.stopped || interrupted.aborted) throw error;
        if (failures === 0)
          logger.warn('consumer could not commit', {
            group: group.name,
            topic: group.topic,
            partition,
            error: textOf(error),
          });
        await pause(
          Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures),
          AbortSignal.any([interrupted, this.#stop.signal]),
        );
      }
    }
    this.#committed = after;
  }
}

const maxRecords = ({ options }: GroupMember): number => options.maxRecords ?? 1_000;

import type { RawMessage } from '@cdp/core/ingest';
import type { Logger } from '@cdp/core/kernel';
import { type EventLog, TOPICS } from '@cdp/core/log';
import { Subject } from 'rxjs';

/** What a tail shows next: a call that came in, or how many were passed over because they came in too fast to show. */
export type TailItem = { message: RawMessage } | { skipped: number };

const EVERY_MS = 250;
/** Records of a partition that one look shows; a tail is for eyes, not for machines. */
const SHOWN = 200;

/** Shows calls as they come in, to whoever looks. Reads the log only while somebody does. */
export class LiveTail {
  readonly #log: EventLog;
  readonly #logger: Logger;
  readonly #listeners = new Map<string, Set<Subject<TailItem>>>();
  #next: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(log: EventLog, logger: Logger) {
    this.#log = log;
    this.#logger = logger;
  }

  /** Calls of a tenant from now on. Unsubscribe by `leave`. */
  async join(tenantId: string): Promise<Subject<TailItem>> {
    const subject = new Subject<TailItem>();
    if (this.#listeners.size === 0) await this.#begin();
    const listeners = this.#listeners.get(tenantId) ?? new Set();
    listeners.add(subject);
    this.#listeners.set(tenantId, listeners);
    return subject;
  }

  leave(tenantId: string, subject: Subject<TailItem>): void {
    const listeners = this.#listeners.get(tenantId);
    listeners?.delete(subject);
    if (listeners?.size === 0) this.#listeners.delete(tenantId);
    if (this.#listeners.size === 0) this.#end();
  }

  /** Ends every tail: open streams would hold up a stop. */
  async close(): Promise<void> {
    for (const listeners of this.#listeners.values()) for (const subject of listeners) subject.complete();
    this.#listeners.clear();
    this.#end();
    await this.#looking;
  }

  async #begin(): Promise<void> {
    const partitions = this.#log.partitionCount(TOPICS.raw);
    this.#next = await Promise.all(Array.from({ length: partitions }, (_, at) => this.#log.endOffset(TOPICS.raw, at)));
    this.#timer ??= setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look());
    }, EVERY_MS);
    this.#timer.unref();
  }

  #end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    try {
      for (let partition = 0; partition < this.#next.length; partition++) await this.#lookAt(partition);
    } catch (error) {
      this.#logger.warn('The live tail could not read the log', { error });
    }
  }

  async #lookAt(partition: number): Promise<void> {
    const from = this.#next[partition] ?? 0;
    const end = await this.#log.endOffset(TOPICS.raw, partition);
    if (end <= from) return;
    const start = Math.max(from, end - SHOWN);
    if (start > from) this.#tellAll({ skipped: start - from });
    const records = await this.#log.read(TOPICS.raw, partition, start, SHOWN);
    // More may have come in since the end was asked for, and been read.
    this.#next[partition] = Math.max(end, (records.at(-1)?.offset ?? 0) + 1);
    for (const { value } of records) {
      const message = JSON.parse(value.toString('utf8')) as RawMessage;
      for (const subject of this.#listeners.get(message.tenantId) ?? []) subject.next({ message });
    }
  }

  #tellAll(item: TailItem): void {
    for (const listeners of this.#listeners.values()) for (const subject of listeners) subject.next(item);
  }
}

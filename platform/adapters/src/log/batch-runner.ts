import { setTimeout } from 'node:timers/promises';
import { CdpError, type Clock, type Logger } from '@cdp/core/kernel';
import { type Batch, type BatchHandler, type DeadLetter, deadLetterOf, type LogRecord } from '@cdp/core/log';

const TRIES = 3;
const MAX_PAUSE_MS = 5_000;

export interface BatchRunnerOptions {
  group: string;
  clock: Clock;
  logger: Logger;
  /** Pause before the second try, in milliseconds. */
  firstRetryMs: number;
  /** Throws on a record that the log cannot take. */
  assertStorable: (record: LogRecord) => void;
}

/** Brings a batch through its handler: waits while something is away, and puts aside the records that fail alone. */
export class BatchRunner {
  readonly #options: BatchRunnerOptions;

  constructor(options: BatchRunnerOptions) {
    this.#options = options;
  }

  /** The records that follow from the batch; undefined when the signal came before the work could be done. */
  async run(batch: Batch, handler: BatchHandler, signal: AbortSignal): Promise<LogRecord[] | undefined> {
    let failures = 0;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        return await this.#attempt(batch, handler);
      } catch (error) {
        const away = isAway(error);
        this.#log(away, batch, attempt, error);
        // What was away says nothing about the records: such tries are not counted against them.
        if (!away && ++failures >= TRIES) return this.#oneByOne(batch, handler, error, signal);
        await pause(this.#pauseAfter(attempt), signal);
      }
    }
    return undefined;
  }

  async #attempt(batch: Batch, handler: BatchHandler): Promise<LogRecord[]> {
    const outputs = (await handler(batch)) ?? [];
    // What the log could not take would fail at the commit, with all the other records of the batch.
    for (const output of outputs) this.#options.assertStorable(output);
    return outputs;
  }

  async #oneByOne(
    batch: Batch,
    handler: BatchHandler,
    error: unknown,
    signal: AbortSignal,
  ): Promise<LogRecord[] | undefined> {
    const [only] = batch.records;
    if (batch.records.length === 1 && only) return [this.#deadLetter(batch, only, error)];
    const outputs: LogRecord[] = [];
    for (const record of batch.records) {
      const result = await this.#alone({ ...batch, records: [record], last: false }, handler, signal);
      if (result === undefined) return undefined;
      outputs.push(...result);
    }
    return outputs;
  }

  /** No pauses but for what is away: the batch has had them, and a partition full of poison must still move. */
  async #alone(batch: Batch, handler: BatchHandler, signal: AbortSignal): Promise<LogRecord[] | undefined> {
    let failures = 0;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        return await this.#attempt(batch, handler);
      } catch (error) {
        if (isAway(error)) await pause(this.#pauseAfter(attempt), signal);
        else if (++failures >= TRIES) {
          this.#log(false, batch, failures, error);
          return [this.#deadLetter(batch, batch.records[0] as Batch['records'][number], error)];
        }
      }
    }
    return undefined;
  }

  #pauseAfter(attempt: number): number {
    return Math.min(MAX_PAUSE_MS, this.#options.firstRetryMs * 2 ** (attempt - 1));
  }

  #deadLetter(batch: Batch, record: Batch['records'][number], error: unknown): LogRecord {
    const letter: DeadLetter = {
      topic: batch.topic,
      partition: record.partition,
      offset: record.offset,
      key: record.key,
      reason: error instanceof Error ? error.message : String(error),
      failedAt: new Date(this.#options.clock.now()).toISOString(),
      value: record.value.toString('base64'),
    };
    return { topic: deadLetterOf(batch.topic), key: record.key, value: Buffer.from(JSON.stringify(letter)) };
  }

  #log(away: boolean, batch: Batch, attempt: number, error: unknown): void {
    this.#options.logger[away ? 'warn' : 'error']('consumer batch failed', {
      group: this.#options.group,
      topic: batch.topic,
      partition: batch.partition,
      offset: batch.records[0]?.offset,
      records: batch.records.length,
      attempt,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
}

const isAway = (error: unknown): boolean => error instanceof CdpError && error.code === 'unavailable';

/** Ends early, without an error, when the signal comes: whoever waits looks at the signal next. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => {});
}

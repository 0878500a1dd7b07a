import type { LogRecord } from '@cdp/core/log';
import type { Append } from './append.js';
import { encodeRecordBatch, mostBytesOf } from './wire/index.js';

/** What one append has for one partition, or a part of it that fits into a batch. */
interface Slice {
  append: Append;
  records: LogRecord[];
  bytes: number;
}

interface SentBatch {
  slices: Slice[];
  records: number;
  bytes: Buffer;
}

/** Who writes to the partition. Each partition has one of its own, so that one that loses count does not touch the others. */
export interface Producer {
  id: bigint;
  epoch: number;
}

/** Sequence numbers go round after this many. */
const SEQUENCES = 2 ** 31;

/** The records that wait for one partition, and the batch of them that is under way. */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  /** Nothing is taken in until its leader answers again. */
  away = false;
  producer: Producer | undefined;
  readonly #maxBatchBytes: number;
  #waiting: Slice[] = [];
  #sent: SentBatch | undefined;
  #sequence = 0;

  constructor(topic: string, partition: number, maxBatchBytes: number) {
    this.topic = topic;
    this.partition = partition;
    this.#maxBatchBytes = maxBatchBytes;
  }

  get hasWork(): boolean {
    return this.#sent !== undefined || this.#waiting.length > 0;
  }

  add(append: Append, records: readonly LogRecord[]): void {
    let slice: Slice | undefined;
    for (const record of records) {
      const bytes = mostBytesOf(record);
      if (!slice || slice.bytes + bytes > this.#maxBatchBytes) {
        slice = { append, records: [], bytes: 0 };
        append.addSlice();
        this.#waiting.push(slice);
      }
      slice.records.push(record);
      slice.bytes += bytes;
    }
  }

  /** The batch to send; the same one again until it is answered, for the broker to know it by its sequence. */
  batch(producer: Producer, at: number): Buffer | undefined {
    if (!this.#sent) {
      const slices = this.#takeSlices();
      if (slices.length === 0) return undefined;
      const records = slices.length === 1 ? (slices[0] as Slice).records : slices.flatMap((slice) => slice.records);
      this.#sent = { slices, records: records.length, bytes: this.#encode(records, producer, at) };
    }
    return this.#sent.bytes;
  }

  acknowledged(): void {
    const sent = this.#sent;
    if (!sent) return; // given up meanwhile
    this.#sent = undefined;
    this.#sequence = (this.#sequence + sent.records) % SEQUENCES;
    for (const { append } of sent.slices) append.sliceDone();
  }

  /** The broker does not know the producer any more: the batch under way is written under another. */
  replaceProducer(at: number, producer: Producer): void {
    this.producer = producer;
    this.#sequence = 0;
    if (!this.#sent) return;
    const records = this.#sent.slices.flatMap((slice) => slice.records);
    this.#sent.bytes = this.#encode(records, producer, at);
  }

  /** Refuses the batch under way, which the broker did not take. */
  refuseSent(error: unknown): void {
    for (const { append } of this.#sent?.slices ?? []) append.refuse(error);
    this.#sent = undefined;
  }

  /**
   * Refuses all that is here. Of what waited nothing was sent. What was sent may be written yet, which nobody can tell: the
   * next producer has another id, so that its first batch is not taken for that one.
   */
  giveUp(error: unknown): void {
    this.refuseSent(error);
    for (const { append } of this.#waiting.splice(0)) append.refuse(error);
    this.producer = undefined;
    this.away = true;
  }

  overdue(now: number): boolean {
    const [first] = this.#sent?.slices ?? this.#waiting;
    return first !== undefined && first.append.deadline <= now;
  }

  #takeSlices(): Slice[] {
    // Refused for another partition's sake: not sent here either.
    this.#waiting = this.#waiting.filter(({ append }) => !append.settled);
    let bytes = 0;
    let count = 0;
    for (const slice of this.#waiting) {
      if (count > 0 && bytes + slice.bytes > this.#maxBatchBytes) break;
      bytes += slice.bytes;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  #encode(records: readonly LogRecord[], { id, epoch }: Producer, at: number): Buffer {
    const origin = { producerId: id, producerEpoch: epoch, sequence: this.#sequence, transactional: false };
    return encodeRecordBatch(records, origin, at);
  }
}

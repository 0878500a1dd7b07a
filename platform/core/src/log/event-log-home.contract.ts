import type { EventLog, LogRecord, StoredRecord } from './event-log.js';

export interface EventLogOpening {
  /** Bytes that may wait to be written before an append is refused. */
  maxPendingBytes?: number;
}

/** A place where one log lives: opened, closed and opened again it is the same log. Its topics have at least two partitions. */
export interface EventLogHome {
  open(opening?: EventLogOpening): Promise<EventLog>;
  remove(): Promise<void>;
}

export const text = (topic: string, key: string, value: string): LogRecord => ({
  topic,
  key,
  value: Buffer.from(value),
});

/** All records of a topic, partition by partition. */
export async function readAll(log: EventLog, topic: string): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for (let partition = 0; partition < log.partitionCount(topic); partition++)
    for (let from = 0; ; ) {
      const some = await log.read(topic, partition, from, 100);
      const last = some[some.length - 1];
      if (!last) break;
      records.push(...some);
      from = last.offset + 1;
    }
  return records;
}

export function valuesByKey(records: readonly StoredRecord[]): Record<string, string[]> {
  const values: Record<string, string[]> = {};
  for (const { key, value } of records) {
    values[key] ??= [];
    values[key].push(value.toString());
  }
  return values;
}

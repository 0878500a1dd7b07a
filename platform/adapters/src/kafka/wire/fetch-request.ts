import type { ProtocolRequest } from './kafkajs-internals.js';
import type { AbortedTransaction } from './record-batch.js';
import { wireRequest } from './wire-request.js';

export interface PartitionToFetch {
  topic: string;
  partition: number;
  from: number;
}

export interface FetchedPartition {
  topic: string;
  partition: number;
  errorCode: number;
  /** The offset after the last record that all replicas in sync have. */
  highWatermark: number;
  /** The offset up to which every transaction is decided: nothing is read from there on. */
  stableEnd: number;
  startOffset: number;
  aborted: AbortedTransaction[];
  /** Record batches; the first may begin before the offset asked for. */
  bytes: Buffer;
}

export interface FetchLimits {
  /** How long the broker may wait for the first byte, in milliseconds. */
  maxWaitMs: number;
  maxBytes: number;
  partitionMaxBytes: number;
}

/** Reads what is committed. */
export function fetchRequest(
  wanted: readonly PartitionToFetch[],
  { maxWaitMs, maxBytes, partitionMaxBytes }: FetchLimits,
): ProtocolRequest<FetchedPartition[]> {
  const byTopic = [...Map.groupBy(wanted, ({ topic }) => topic)];
  return wireRequest(
    { name: 'Fetch', key: 1, version: 11 },
    (to) =>
      to
        .int32(-1) // replica
        .int32(maxWaitMs)
        .int32(1) // bytes at the least
        .int32(maxBytes)
        .int8(1) // read committed
        .int32(0) // session
        .int32(-1)
        .array(byTopic, ([topic, partitions]) =>
          to
            .string(topic)
            .array(partitions, ({ partition, from }) =>
              to.int32(partition).int32(-1).int64(from).int64(-1).int32(partitionMaxBytes),
            ),
        )
        .array([], () => {})
        .string(''),
    (from) => {
      from.int32(); // throttled
      const errorCode = from.int16();
      from.int32(); // session
      const partitions = from.array(() => {
        const topic = from.string() ?? '';
        return from.array(() => {
          const fetched = {
            topic,
            partition: from.int32(),
            errorCode: from.int16() || errorCode,
            highWatermark: from.int64(),
            stableEnd: from.int64(),
            startOffset: from.int64(),
            aborted: from
              .array(() => ({ producerId: from.bigint64(), firstOffset: from.int64() }))
              .sort((one, other) => one.firstOffset - other.firstOffset),
          };
          from.int32(); // a replica that is nearer
          return { ...fetched, bytes: from.bytes() };
        });
      });
      return partitions.flat();
    },
  );
}

import type { ProtocolRequest } from './kafkajs-internals.js';
import { wireRequest } from './wire-request.js';

export interface PartitionData {
  topic: string;
  partition: number;
  /** A record batch. */
  batch: Buffer;
}

export interface PartitionAnswer {
  topic: string;
  partition: number;
  errorCode: number;
}

/** Waits for all replicas in sync. */
export function produceRequest(
  data: readonly PartitionData[],
  { transactionalId, timeoutMs }: { transactionalId: string | null; timeoutMs: number },
): ProtocolRequest<PartitionAnswer[]> {
  const byTopic = [...Map.groupBy(data, ({ topic }) => topic)];
  return wireRequest(
    { name: 'Produce', key: 0, version: 7 },
    (to) =>
      to
        .string(transactionalId)
        .int16(-1)
        .int32(timeoutMs)
        .array(byTopic, ([topic, partitions]) =>
          to.string(topic).array(partitions, ({ partition, batch }) => to.int32(partition).bytes(batch)),
        ),
    (from) =>
      from
        .array(() => {
          const topic = from.string() ?? '';
          return from.array(() => {
            const answer = { topic, partition: from.int32(), errorCode: from.int16() };
            for (let field = 0; field < 3; field++) from.int64(); // offset, time and start of the log
            return answer;
          });
        })
        .flat(),
  );
}

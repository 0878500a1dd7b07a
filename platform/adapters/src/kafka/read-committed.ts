import type { StoredRecord } from '@cdp/core/log';
import type { KafkaCluster } from './kafka-cluster.js';
import { isOf } from './kafka-error.js';
import { offsetsOf } from './partition-offsets.js';
import { decodeRecordBatches, fetchRequest, LEADER_NOT_AVAILABLE, protocolError } from './wire/index.js';

const READ_BYTES = 1024 * 1024;

/** Records of a partition from an offset on, as far as it is decided what they are, without any group. */
export async function readCommitted(
  cluster: KafkaCluster,
  topic: string,
  partition: number,
  { from, limit }: { from: number; limit: number },
): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for (let next = from; records.length < limit; ) {
    const leader = await cluster.leaderOf(topic, partition);
    if (leader === undefined) throw protocolError(LEADER_NOT_AVAILABLE);
    const request = fetchRequest([{ topic, partition, from: next }], {
      maxWaitMs: 0,
      maxBytes: READ_BYTES,
      partitionMaxBytes: READ_BYTES,
    });
    const [fetched] = await cluster.send(leader, request);
    if (!fetched) break;
    const error = fetched.errorCode === 0 ? undefined : protocolError(fetched.errorCode);
    if (error) {
      if (!isOf(error, 'OFFSET_OUT_OF_RANGE')) throw error;
      const [first = 0] = await offsetsOf(cluster, topic, [partition], 'first');
      if (next >= first) break; // beyond the end
      next = first;
      continue;
    }
    const decoded = decodeRecordBatches(fetched.bytes, partition, next, fetched.aborted);
    records.push(...decoded.records.slice(0, limit - records.length));
    if (decoded.next === next || decoded.next >= fetched.stableEnd) break;
    next = decoded.next;
  }
  return records;
}

import type { KafkaCluster } from './kafka-cluster.js';
import { LEADER_NOT_AVAILABLE, protocolError } from './wire/index.js';

const EARLIEST = -2;
const LATEST = -1;

/**
 * `first`: of the oldest record that is kept. `end`: after the newest that all replicas have, decided or not. `stable`: up to
 * where every transaction is decided.
 */
export type OffsetKind = 'first' | 'end' | 'stable';

/** Offsets of partitions of one topic, in the order asked for. */
export async function offsetsOf(
  cluster: KafkaCluster,
  topic: string,
  partitions: readonly number[],
  kind: OffsetKind,
): Promise<number[]> {
  const byLeader = new Map<number, number[]>();
  for (const partition of partitions) {
    const leader = await cluster.leaderOf(topic, partition);
    if (leader === undefined) throw protocolError(LEADER_NOT_AVAILABLE);
    const same = byLeader.get(leader);
    if (same) same.push(partition);
    else byLeader.set(leader, [partition]);
  }
  const offsets = new Map<number, number>();
  await Promise.all(
    [...byLeader].map(async ([leader, ofLeader]) => {
      const timestamp = kind === 'first' ? EARLIEST : LATEST;
      const { responses } = await cluster.ask(leader, (broker) =>
        broker.listOffsets({
          isolationLevel: kind === 'stable' ? 1 : 0,
          topics: [{ topic, partitions: ofLeader.map((partition) => ({ partition, timestamp })) }],
        }),
      );
      for (const { partition, offset } of responses.flatMap((response) => response.partitions))
        offsets.set(partition, Number(offset));
    }),
  );
  return partitions.map((partition) => {
    const offset = offsets.get(partition);
    // A start that is made up would do records again, or pass over them.
    if (offset === undefined) throw protocolError(LEADER_NOT_AVAILABLE);
    return offset;
  });
}

/** The positions of a group, by partition; undefined where it has none. */
export async function committedOffsets(
  cluster: KafkaCluster,
  group: string,
  topic: string,
  partitions: readonly number[],
): Promise<(number | undefined)[]> {
  const { responses } = await cluster.askCoordinator('group', group, (broker) =>
    broker.offsetFetch({
      groupId: group,
      topics: [{ topic, partitions: partitions.map((partition) => ({ partition })) }],
    }),
  );
  const positions = new Map(
    responses.flatMap((response) => response.partitions).map(({ partition, offset }) => [partition, Number(offset)]),
  );
  return partitions.map((partition) => {
    const position = positions.get(partition);
    return position === undefined || position < 0 ? undefined : position;
  });
}

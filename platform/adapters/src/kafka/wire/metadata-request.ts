import type { ProtocolRequest } from './kafkajs-internals.js';
import { wireRequest } from './wire-request.js';

export interface ClusterMetadata {
  brokers: { nodeId: number; host: string; port: number }[];
  /** By topic, the node that leads each partition; -1 where none does just now. */
  leaders: Map<string, number[]>;
}

/** All topics; one that is half made or half gone is left out instead of failing the others. */
export const metadataRequest = (): ProtocolRequest<ClusterMetadata> =>
  wireRequest(
    { name: 'Metadata', key: 3, version: 6 },
    (to) => to.int32(-1).int8(0),
    (from) => {
      from.int32(); // throttled
      const brokers = from.array(() => {
        const broker = { nodeId: from.int32(), host: from.string() ?? '', port: from.int32() };
        from.string(); // rack
        return broker;
      });
      from.string(); // cluster
      from.int32(); // controller
      const leaders = new Map<string, number[]>();
      const topics = from.array(() => {
        const error = from.int16();
        const topic = from.string() ?? '';
        from.int8(); // internal
        const partitions = from.array(() => {
          from.int16(); // error: the leader says it
          const partition = from.int32();
          const leader = from.int32();
          for (let list = 0; list < 3; list++) from.array(() => from.int32()); // replicas: all, in sync, offline
          return { partition, leader };
        });
        return { error, topic, partitions };
      });
      for (const { error, topic, partitions } of topics) {
        if (error !== 0) continue;
        const of: number[] = [];
        for (const { partition, leader } of partitions) of[partition] = leader;
        leaders.set(topic, of);
      }
      return { brokers, leaders };
    },
  );

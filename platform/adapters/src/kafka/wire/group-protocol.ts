import { WireReader, WireWriter } from './wire-buffer.js';

/** What a member says of itself when it joins. */
export interface Subscription {
  topic: string;
  owned: number[];
  generation: number;
}

/** In the form that every consumer of Kafka has, so that the tools of Kafka can show it; what is ours is its user data. */
export function encodeSubscription({ topic, owned, generation }: Subscription): Buffer {
  const to = new WireWriter();
  to.int16(0).array([topic], (name) => to.string(name));
  return to.bytes(Buffer.from(JSON.stringify({ owned, generation }))).written;
}

export function decodeSubscription(bytes: Buffer): Subscription {
  const from = new WireReader(bytes);
  from.int16();
  const [topic = ''] = from.array(() => from.string() ?? '');
  return { topic, ...(JSON.parse(from.bytes().toString()) as { owned: number[]; generation: number }) };
}

export function encodeAssignment(topic: string, partitions: readonly number[]): Buffer {
  const to = new WireWriter();
  to.int16(0).array([topic], (name) => to.string(name).array(partitions, (partition) => to.int32(partition)));
  return to.bytes(Buffer.alloc(0)).written;
}

export function decodeAssignment(bytes: Buffer): number[] {
  if (bytes.length === 0) return [];
  const from = new WireReader(bytes);
  from.int16();
  return from
    .array(() => {
      from.string();
      return from.array(() => from.int32());
    })
    .flat();
}

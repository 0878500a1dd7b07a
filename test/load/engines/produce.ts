import { createRequire } from 'node:module';
import { kafkaHome } from '@cdp/adapters/kafka/testing';
import { alternate, type Line, type Row, rateLine } from '../harness/row.js';
import { rateOf } from './counting.js';

const require = createRequire(import.meta.url);
const { Kafka } = require('kafkajs') as typeof import('kafkajs');

const TOPIC = 'bench';
const VALUE = Buffer.from(JSON.stringify({ messageId: 'm-1', filler: 'x'.repeat(360) }));
const SIDE = 8;
/** What a door hands over at a time: an event alone, and batches as SDKs send them. */
const SIZES = [1, 100, 1_000];

/** The log's append, all replicas acknowledging, against kafkajs' own idempotent producer on the same broker. */
export const produce: Row = {
  name: 'produce',
  run: async ({ rounds, roundMs }) => {
    const home = await kafkaHome([TOPIC], { partitions: 12 });
    const kafka = new Kafka({ clientId: 'bench', brokers: [...home.brokers], logLevel: 0 });
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
    const log = await home.open({ batchEveryMs: 1 });
    try {
      await producer.connect();
      const lines: Line[] = [];
      for (const size of SIZES) {
        const keyOf = (number: number, at: number): string => `key-${number * size + at}`;
        const product = (): Promise<number> =>
          rateOf(
            async (number) => {
              await log.append(
                Array.from({ length: size }, (_, at) => ({ topic: TOPIC, key: keyOf(number, at), value: VALUE })),
              );
              return size;
            },
            SIDE,
            roundMs,
          );
        const reference = (): Promise<number> =>
          rateOf(
            async (number) => {
              const messages = Array.from({ length: size }, (_, at) => ({ key: keyOf(number, at), value: VALUE }));
              await producer.send({ topic: `${home.prefix}${TOPIC}`, acks: -1, messages });
              return size;
            },
            SIDE,
            roundMs,
          );
        const what = `produce ${size} at a time, ${SIDE} callers`;
        lines.push(
          rateLine({ what, unit: 'events/s', floor: 0.5, aim: 0.7 }, await alternate(rounds, product, reference)),
        );
      }
      return lines;
    } finally {
      await producer.disconnect();
      await log.close();
      await home.remove();
    }
  },
};

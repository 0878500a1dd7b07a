import { createRequire } from 'node:module';
import type { Admin, KafkaConfig } from 'kafkajs';
import type { ConnectionOptions } from './kafkajs-internals.js';

export type { Admin } from 'kafkajs';

const { Kafka, logLevel, ConfigResourceTypes } = createRequire(import.meta.url)('kafkajs') as typeof import('kafkajs');

export const TOPIC_RESOURCE = ConfigResourceTypes.TOPIC;

/** The calls that make topics and set them up, for as long as `work` takes. */
export async function withAdmin<Result>(
  brokers: readonly string[],
  options: ConnectionOptions,
  work: (admin: Admin) => Promise<Result>,
): Promise<Result> {
  const { ssl, sasl, ...rest } = options;
  const config = {
    ...rest,
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    ...(ssl ? { ssl } : {}),
    ...(sasl ? { sasl } : {}),
  } as KafkaConfig;
  const admin = new Kafka(config).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

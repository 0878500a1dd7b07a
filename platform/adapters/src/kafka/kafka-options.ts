import type { Clock, Logger } from '@cdp/core/kernel';
import type { KafkaAddress } from './kafka-cluster.js';
import type { ConnectionOptions, KafkaSasl, KafkaTls } from './wire/index.js';

/** How the brokers are reached. */
export interface KafkaConnectionOptions {
  /** `host:port`; some brokers of the cluster, from which it makes the others known. */
  brokers: readonly string[];
  /** Encrypted where it is given, `{}` with what the system trusts. */
  tls?: KafkaTls | undefined;
  sasl?: KafkaSasl | undefined;
  /** How the process calls itself in the brokers' logs and quotas. Default `cdp`. */
  clientId?: string;
}

export interface KafkaEventLogOptions extends KafkaConnectionOptions {
  clock: Clock;
  logger: Logger;
  /** Stands before the names of topics, groups and transactions, for clusters with other users. Default none. */
  prefix?: string;
  /** Bytes that may wait for the brokers before `append` is refused. Default 64 MiB. */
  maxPendingBytes?: number;
  /** Milliseconds after which an append that is not acknowledged is refused. Default 1,800: a door can answer within 2 s. */
  appendTimeoutMs?: number;
  /** Pause before a batch that failed is tried again, in milliseconds; it doubles up to 5 s. Default 50. */
  firstRetryMs?: number;
  /** Milliseconds from the start of one batch of a partition to the next, unless there is enough for a full one. Default 100. */
  batchEveryMs?: number;
  /** Milliseconds without a sign of life after which a member's partitions go to others. Default 10,000. */
  sessionTimeoutMs?: number;
  /** Milliseconds from one sign of life to the next: how soon members hear of others. Default 1,000. */
  heartbeatMs?: number;
  /** Milliseconds to wait for the brokers when the log is opened. Default 30,000. */
  openTimeoutMs?: number;
}

export function addressesOf(brokers: readonly string[]): KafkaAddress[] {
  return brokers.map((broker) => {
    const match = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(broker);
    if (!match) throw new Error(`Kafka broker "${broker}" is not written as host:port.`);
    return { host: match[1] as string, port: Number(match[2]) };
  });
}

const CONNECT_MS = 2_000;

export const connectionOptions = (
  { tls, sasl, clientId = 'cdp' }: KafkaConnectionOptions,
  requestTimeoutMs: number,
): ConnectionOptions => ({
  clientId,
  ssl: tls,
  sasl,
  connectionTimeout: Math.min(CONNECT_MS, requestTimeoutMs),
  requestTimeout: requestTimeoutMs,
});

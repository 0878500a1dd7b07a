import { createRequire } from 'node:module';

/**
 * What is used of kafkajs: its connections (sockets, TLS, SASL, request queue) and its small requests. They are no public face of
 * that package, which is why its version is pinned to the one that there will be.
 */
export interface Connection {
  socket?: { destroy(): void };
  requestQueue: { pending: unknown[]; scheduleCheckPendingRequests: () => void };
  rejectRequests(error: Error): void;
  disconnect(): Promise<unknown>;
}

export interface ConnectionPool {
  pool: Connection[];
  send(request: ProtocolRequest<unknown>): Promise<unknown>;
}

export interface ProtocolRequest<Answer> {
  request: { apiKey: number; apiVersion: number; apiName: string; encode: () => Promise<EncodedRequest> };
  response: { decode: (payload: Buffer) => Promise<Answer>; parse: (answer: Answer) => Promise<Answer> };
  /** Milliseconds, where it is more than what the connection waits for. */
  requestTimeout?: number;
}

/** kafkajs's encoder: `buf` is looked at to tell that it is one. */
export interface EncodedRequest {
  buf: Buffer;
  buffer: Buffer;
}

export interface TopicPartitions<Partition> {
  topic: string;
  partitions: Partition[];
}

export interface ProducerIdentity {
  transactionalId: string;
  producerId: string;
  producerEpoch: number;
}

export interface JoinAnswer {
  generationId: number;
  leaderId: string;
  memberId: string;
  members: { memberId: string; memberMetadata: Buffer }[];
}

/** One broker: two connections, one of them for fetches alone, which may take their time. */
export interface Broker {
  connectionPool: ConnectionPool;
  isConnected(): boolean;
  connect(): Promise<void>;
  findGroupCoordinator(of: {
    groupId: string;
    coordinatorType: 0 | 1;
  }): Promise<{ coordinator: { nodeId: number; host: string; port: number } }>;
  joinGroup(of: {
    groupId: string;
    sessionTimeout: number;
    rebalanceTimeout: number;
    memberId: string;
    groupProtocols: { name: string; metadata: Buffer }[];
  }): Promise<JoinAnswer>;
  syncGroup(of: {
    groupId: string;
    generationId: number;
    memberId: string;
    groupAssignment: { memberId: string; memberAssignment: Buffer }[];
  }): Promise<{ memberAssignment: Buffer }>;
  heartbeat(of: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
  leaveGroup(of: { groupId: string; memberId: string }): Promise<unknown>;
  listOffsets(of: {
    isolationLevel: 0 | 1;
    topics: TopicPartitions<{ partition: number; timestamp: number }>[];
  }): Promise<{ responses: TopicPartitions<{ partition: number; offset: string; errorCode: number }>[] }>;
  offsetFetch(of: {
    groupId: string;
    topics: TopicPartitions<{ partition: number }>[];
  }): Promise<{ responses: TopicPartitions<{ partition: number; offset: string }>[] }>;
  offsetCommit(of: {
    groupId: string;
    groupGenerationId: number;
    memberId: string;
    topics: TopicPartitions<{ partition: number; offset: string }>[];
  }): Promise<unknown>;
  initProducerId(of: {
    transactionalId: string | null;
    transactionTimeout: number;
  }): Promise<{ producerId: string; producerEpoch: number }>;
  addPartitionsToTxn(of: ProducerIdentity & { topics: TopicPartitions<number>[] }): Promise<unknown>;
  addOffsetsToTxn(of: ProducerIdentity & { groupId: string }): Promise<unknown>;
  txnOffsetCommit(
    of: ProducerIdentity & { groupId: string; topics: TopicPartitions<{ partition: number; offset: string }>[] },
  ): Promise<unknown>;
  endTxn(of: ProducerIdentity & { transactionResult: boolean }): Promise<unknown>;
}

export interface KafkaSasl {
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  username: string;
  password: string;
}

/** As `tls.connect` takes it. */
export interface KafkaTls {
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
  passphrase?: string;
  servername?: string;
}

export interface ConnectionOptions {
  clientId: string;
  ssl: KafkaTls | undefined;
  sasl: KafkaSasl | undefined;
  connectionTimeout: number;
  requestTimeout: number;
}

const require = createRequire(import.meta.url);

/** kafkajs tells every request and every failure, which its callers get as errors anyway: those are told, once. */
const SILENT = { namespace: () => SILENT, debug() {}, info() {}, warn() {}, error() {} };

type BrokerConstructor = new (of: Record<string, unknown>) => Broker;
type PoolConstructor = new (of: Record<string, unknown>) => ConnectionPool;

const BrokerClass = require('kafkajs/src/broker') as BrokerConstructor;
const PoolClass = require('kafkajs/src/network/connectionPool') as PoolConstructor;
const socketFactory = require('kafkajs/src/network/socketFactory') as () => unknown;
const { createErrorFromCode } = require('kafkajs/src/protocol/error') as {
  createErrorFromCode: (code: number) => Error & { type: string; code: number };
};

export function brokerAt(host: string, port: number, options: ConnectionOptions): Broker {
  const connectionPool = new PoolClass({
    ...options,
    host,
    port,
    ssl: options.ssl ?? null,
    sasl: options.sasl ?? null,
    logger: SILENT,
    socketFactory: socketFactory(),
    enforceRequestTimeout: true,
  });
  for (const { requestQueue } of connectionPool.pool) {
    const schedule = requestQueue.scheduleCheckPendingRequests.bind(requestQueue);
    // It would set a timer, of a negative time, with each answer: for a queue that is empty unless the broker throttles.
    requestQueue.scheduleCheckPendingRequests = () => {
      if (requestQueue.pending.length > 0) schedule();
    };
  }
  return new BrokerClass({ logger: SILENT, allowAutoTopicCreation: false, connectionPool });
}

/** The error that stands for a code of the protocol. */
export function protocolError(code: number): Error & { type: string } {
  const error = createErrorFromCode(code);
  return error.code === code ? error : Object.assign(error, { type: `ERROR_${code}`, message: `Kafka error ${code}` });
}

/** A code of the protocol. */
export const LEADER_NOT_AVAILABLE = 5;

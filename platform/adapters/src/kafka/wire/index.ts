export { type FetchedPartition, type FetchLimits, fetchRequest, type PartitionToFetch } from './fetch-request.js';
export { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './group-protocol.js';
export {
  type Broker,
  brokerAt,
  type ConnectionOptions,
  type KafkaSasl,
  type KafkaTls,
  LEADER_NOT_AVAILABLE,
  type ProducerIdentity,
  type ProtocolRequest,
  protocolError,
  type TopicPartitions,
} from './kafkajs-internals.js';
export { type ClusterMetadata, metadataRequest } from './metadata-request.js';
export { type PartitionAnswer, type PartitionData, produceRequest } from './produce-request.js';
export {
  type AbortedTransaction,
  type BatchOrigin,
  decodeRecordBatches,
  encodeRecordBatch,
  mostBytesOf,
} from './record-batch.js';

export { type AppliedTopics, type ApplyTopicsOptions, applyTopics } from './apply-topics.js';
export { KafkaEventLog, openKafkaLog } from './kafka-event-log.js';
export type { KafkaConnectionOptions, KafkaEventLogOptions } from './kafka-options.js';
export { type LogMeasures, readTopicDeclarations, type TopicDeclaration } from './topic-declarations.js';
export type { KafkaSasl, KafkaTls } from './wire/index.js';

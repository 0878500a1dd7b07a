export {
  type Batch,
  type BatchHandler,
  type ConsumeOptions,
  type Consumer,
  type DeadLetter,
  EventLog,
  type LogRecord,
  type StoredRecord,
} from './event-log.js';
export { deadLetterOf, TOPICS, type Topic } from './topics.js';
export { WhilePaused } from './while-paused.js';

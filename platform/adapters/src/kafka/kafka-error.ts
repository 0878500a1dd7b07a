import { CdpError } from '@cdp/core/kernel';

/** kafkajs puts the protocol's name for an error in `type`, and its own in `name`. */
const typeOf = (error: unknown): string =>
  error instanceof Error ? ((error as { type?: string }).type ?? error.name) : String(error);

export const isOf = (error: unknown, ...types: string[]): boolean => types.includes(typeOf(error));

/** The connection is of no use any more, or its broker does not answer. */
export const isConnectionLost = (error: unknown): boolean =>
  isOf(
    error,
    'KafkaJSConnectionError',
    'KafkaJSConnectionClosedError',
    'KafkaJSRequestTimeoutError',
    'KafkaJSLockTimeout',
  );

/** The right broker has begun a moment ago and still reads what it is to answer from. */
export const isLoading = (error: unknown): boolean => isOf(error, 'GROUP_LOAD_IN_PROGRESS');

/** Another broker is to be asked: who leads or coordinates is not who was thought to. */
export const isMoved = (error: unknown): boolean =>
  isOf(
    error,
    'NOT_LEADER_FOR_PARTITION',
    'LEADER_NOT_AVAILABLE',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'FENCED_LEADER_EPOCH',
    'UNKNOWN_LEADER_EPOCH',
    'REPLICA_NOT_AVAILABLE',
    'KAFKA_STORAGE_ERROR',
    'NOT_COORDINATOR_FOR_GROUP',
    'GROUP_COORDINATOR_NOT_AVAILABLE',
    'LISTENER_NOT_FOUND',
  );

/** Somebody else works under this transactional id now, or the broker gave the transaction up. */
export const isFenced = (error: unknown): boolean =>
  isOf(
    error,
    'INVALID_PRODUCER_EPOCH',
    'ERROR_90', // PRODUCER_FENCED
    'INVALID_PRODUCER_ID_MAPPING',
    'INVALID_TXN_STATE',
    'TRANSACTION_COORDINATOR_FENCED',
  );

/** The group went on without this member. */
export const isExpelled = (error: unknown): boolean =>
  isOf(error, 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID');

export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const away = (message: string, cause?: unknown): CdpError =>
  new CdpError('unavailable', message, { retryAfter: 1, ...(cause === undefined ? {} : { cause }) });

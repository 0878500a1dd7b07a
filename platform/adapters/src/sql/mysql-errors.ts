/** What the server and the driver say, by number where there is one. */
const DUPLICATE = new Set([1062, 1586]);
/** Deadlock, lock wait timeout, record changed since last read: the same transaction may succeed a moment later. */
const RETRYABLE = new Set([1213, 1205, 1020]);
/** A table, column or key of that name is there, or the row that a step inserts. */
const ALREADY_THERE = new Set([1050, 1060, 1061, 1062]);
const NOT_THERE = new Set([1146]);
/**
 * No connections left, not let in for now, disk or table space full, shutting down, read-only (a primary that is none any more),
 * killed, or out of time.
 */
const AWAY = new Set([
  1021, 1037, 1038, 1040, 1041, 1053, 1077, 1079, 1114, 1129, 1135, 1152, 1158, 1159, 1160, 1161, 1203, 1226, 1290,
  1317, 1792, 1836, 1927, 1969, 3024, 3168, 4031,
]);
const AWAY_CODES = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
  'PROTOCOL_ENQUEUE_AFTER_QUIT',
  'PROTOCOL_PACKETS_OUT_OF_ORDER',
  'PROTOCOL_SEQUENCE_TIMEOUT',
]);
/** Not let in for good, or no such database: that is for somebody to mend, and passes for no outage. */
const MISTAKES = new Set([1044, 1045, 1049, 1698]);
/** The pool had no connection to give in time. */
const AWAY_NAMES = new Set(['SequelizeConnectionAcquireTimeoutError']);
/** The driver names no code for this one. */
const CLOSED = /connection is in closed state/i;

interface DriverError {
  name?: unknown;
  code?: unknown;
  errno?: unknown;
  message?: unknown;
  fatal?: unknown;
  parent?: unknown;
  cause?: unknown;
}

/** The error and those that it wraps, outermost first. */
function* layers(error: unknown): Iterable<DriverError> {
  for (let at = error; typeof at === 'object' && at !== null; ) {
    yield at as DriverError;
    const { parent, cause } = at as DriverError;
    at = parent ?? cause;
  }
}

const hasNumber = (error: unknown, numbers: ReadonlySet<number>): boolean =>
  [...layers(error)].some(({ errno }) => typeof errno === 'number' && numbers.has(errno));

export const isDuplicate = (error: unknown): boolean => hasNumber(error, DUPLICATE);

export const isRetryable = (error: unknown): boolean => hasNumber(error, RETRYABLE);

export const isAlreadyThere = (error: unknown): boolean => hasNumber(error, ALREADY_THERE);

export const isNotThere = (error: unknown): boolean => hasNumber(error, NOT_THERE);

/** The server has dropped a statement that ran too long, or the driver has stopped waiting for it. */
export const isAway = (error: unknown): boolean =>
  hasNumber(error, AWAY) || (isLost(error) && !hasNumber(error, MISTAKES));

/** Nobody knows what the connection would do next: it must not be used again. */
export const isLost = (error: unknown): boolean =>
  [...layers(error)].some(
    ({ name, code, message, fatal }) =>
      fatal === true ||
      (typeof code === 'string' && AWAY_CODES.has(code)) ||
      (typeof name === 'string' && AWAY_NAMES.has(name)) ||
      (typeof message === 'string' && CLOSED.test(message)),
  );

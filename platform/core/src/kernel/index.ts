export { CdpError, conflict, type ErrorCode, type FieldError, invalid, notFound } from './cdp-error.js';
export { Clock, ManualClock, SystemClock } from './clock.js';
export { parseDuration } from './duration.js';
export { Ids, UuidIds } from './ids.js';
export { isoTime } from './iso-time.js';
export { isJsonObject, type Json, type JsonObject } from './json.js';
export { Logger, SilentLogger } from './logger.js';
export { decodeCursor, encodeCursor, type Page, type PageRequest, toPage } from './page.js';
export { UnitOfWork } from './unit-of-work.js';

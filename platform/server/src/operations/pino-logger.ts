import { Logger } from '@cdp/core/kernel';
import { type DestinationStream, type Logger as Pino, pino } from 'pino';
import type { OperationsConfig } from '../config/index.js';
import { LogOutput } from './log-output.js';
import { currentRequest } from './request-context.js';

/** Names of fields whose value never reaches a log line, two levels deep. */
const SECRET_FIELDS = new Set([
  'password',
  'temporaryPassword',
  'secret',
  'secretKey',
  'token',
  'accessToken',
  'authorization',
  'cookie',
  'masterKey',
  'signature',
  'config',
]);
const REDACTED = '[redacted]';

type Fields = Record<string, unknown>;

/**
 * JSON lines on standard output, or on the destination given. Lines written while a request is served carry its ids. Warnings and
 * errors are on their way when the call returns, with all that came before; other lines follow within 20 ms.
 */
export class PinoLogger extends Logger {
  readonly #pino: Pino;
  readonly #output: LogOutput | undefined;

  constructor(config: OperationsConfig, destination?: DestinationStream) {
    super();
    this.#output = destination ? undefined : new LogOutput(STANDARD_OUTPUT);
    const options = {
      level: config.logLevel,
      base: null,
      timestamp,
      messageKey: 'message',
      formatters: { level: (label: string) => ({ level: label }) },
    };
    this.#pino = pino(options, destination ?? (this.#output as LogOutput));
  }

  isLevelEnabled(level: string): boolean {
    return this.#pino.isLevelEnabled(level);
  }

  override debug(message: string, fields?: Fields): void {
    if (this.#pino.isLevelEnabled('debug')) this.#pino.debug(shown(fields), message);
  }

  override info(message: string, fields?: Fields): void {
    this.#pino.info(shown(fields), message);
  }

  override warn(message: string, fields?: Fields): void {
    this.#pino.warn(shown(fields), message);
    this.flush();
  }

  override error(message: string, fields?: Fields): void {
    this.#pino.error(shown(fields), message);
    this.flush();
  }

  /** Writes what waits for further lines. */
  flush(): void {
    this.#output?.flush();
  }
}

const STANDARD_OUTPUT = 1;

let stampedAt = 0;
let stamp = '';

/** The time in RFC 3339, made once for the lines of one millisecond. */
function timestamp(): string {
  const now = Date.now();
  if (now !== stampedAt) {
    stampedAt = now;
    stamp = `,"time":"${new Date(now).toISOString()}"`;
  }
  return stamp;
}

/** The ids of the request and the fields, without secrets. */
function shown(fields: Fields | undefined): Fields {
  const line: Fields = { ...currentRequest() };
  for (const name in fields) line[name] = SECRET_FIELDS.has(name) ? REDACTED : valueShown(fields[name]);
  return line;
}

/** Errors as text: their own fields may hold what a driver was given, passwords included. */
function valueShown(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return describeError(value);
  if (Array.isArray(value) || !Object.keys(value).some((name) => SECRET_FIELDS.has(name))) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, SECRET_FIELDS.has(name) ? REDACTED : inner]),
  );
}

function describeError(error: Error): string {
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause instanceof Error ? `${own}\ncaused by ${describeError(error.cause)}` : own;
}

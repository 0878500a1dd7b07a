import { isoTime, Logger } from '@cdp/core/kernel';
import { LOG_LEVELS, type OperationsConfig } from '../config/operations-config.js';
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
const STANDARD_OUTPUT = 1;

type Fields = Record<string, unknown>;
type Level = Exclude<OperationsConfig['logLevel'], 'silent'>;

/**
 * JSON lines on standard output, or handed to the destination given. Lines written while a request is served carry its ids. Warnings
 * and errors are on their way when the call returns, with all that came before; other lines follow within 20 ms.
 */
export class JsonLogger extends Logger {
  readonly #output: { write(line: string): void; flush?(): void };
  readonly #least: number;

  constructor({ logLevel }: OperationsConfig, destination?: { write(line: string): void }) {
    super();
    this.#least = LOG_LEVELS.indexOf(logLevel);
    this.#output = destination ?? new LogOutput(STANDARD_OUTPUT);
  }

  isLevelEnabled(level: Level): boolean {
    return LOG_LEVELS.indexOf(level) >= this.#least;
  }

  override debug(message: string, fields?: Fields): void {
    this.#write('debug', message, fields);
  }

  override info(message: string, fields?: Fields): void {
    this.#write('info', message, fields);
  }

  override warn(message: string, fields?: Fields): void {
    this.#write('warn', message, fields);
    this.flush();
  }

  override error(message: string, fields?: Fields): void {
    this.#write('error', message, fields);
    this.flush();
  }

  /** Writes what waits for further lines. */
  flush(): void {
    this.#output.flush?.();
  }

  /** Made for every request: with a library for logging in between, a read took a twelfth longer. */
  #write(level: Level, message: string, fields: Fields | undefined): void {
    if (!this.isLevelEnabled(level)) return;
    const line: Fields = { level, time: isoTime(Date.now()), ...currentRequest() };
    for (const name in fields) line[name] = SECRET_FIELDS.has(name) ? REDACTED : shown(fields[name]);
    line.message = message;
    this.#output.write(`${textOf(line)}\n`);
  }
}

/** Errors as text: their own fields may hold what a driver was given, passwords included. */
function shown(value: unknown): unknown {
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

/** What has no JSON, such as a big integer or a circle, is written as text: a log line must not fail what it tells of. */
function textOf(line: Fields): string {
  try {
    return JSON.stringify(line);
  } catch {
    const plain = Object.entries(line).map(([name, value]) => [name, plainOf(value)]);
    return JSON.stringify(Object.fromEntries(plain));
  }
}

function plainOf(value: unknown): unknown {
  try {
    JSON.stringify(value);
    return value;
  } catch {
    return String(value);
  }
}

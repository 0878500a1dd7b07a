import { Logger } from '@cdp/core/kernel';
import { type DestinationStream, type Logger as Pino, pino, stdTimeFunctions } from 'pino';
import type { OperationsConfig } from '../config/index.js';
import { currentRequest } from './request-context.js';

/** Names of fields whose value never reaches a log line, two levels deep. */
const SECRET_FIELDS = [
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
];

/** JSON lines on standard output. Lines written while a request is served carry its ids. */
export class PinoLogger extends Logger {
  readonly #pino: Pino;

  constructor(config: OperationsConfig, destination?: DestinationStream) {
    super();
    const options = {
      level: config.logLevel,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      messageKey: 'message',
      formatters: { level: (label: string) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
      mixin: () => currentRequest() ?? {},
    };
    this.#pino = destination ? pino(options, destination) : pino(options);
  }

  isLevelEnabled(level: string): boolean {
    return this.#pino.isLevelEnabled(level);
  }

  override debug(message: string, fields: Record<string, unknown> = {}): void {
    this.#pino.debug(plain(fields), message);
  }

  override info(message: string, fields: Record<string, unknown> = {}): void {
    this.#pino.info(plain(fields), message);
  }

  override warn(message: string, fields: Record<string, unknown> = {}): void {
    this.#pino.warn(plain(fields), message);
  }

  override error(message: string, fields: Record<string, unknown> = {}): void {
    this.#pino.error(plain(fields), message);
  }
}

/** Errors as text: their own fields may hold what a driver was given, passwords included. */
function plain(fields: Record<string, unknown>): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields))
    shown[name] = value instanceof Error ? describeError(value) : value;
  return shown;
}

function describeError(error: Error): string {
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause instanceof Error ? `${own}\ncaused by ${describeError(error.cause)}` : own;
}

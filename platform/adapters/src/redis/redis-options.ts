import type { ConnectionOptions } from 'node:tls';
import { invalid, type Logger } from '@cdp/core/kernel';
import type { RedisOptions as AnyClientOptions } from 'ioredis';

/** Replies come in the shapes that ioredis gives them by itself, which its types want to be certain of. */
export type ClientOptions = Omit<AnyClientOptions, 'replyMapping'>;

/** How a Redis is reached: one server, or the address at which a managed service keeps the primary. */
export interface RedisOptions {
  /** `redis://[user:password@]host[:port][/database]`, with `rediss:` encrypted. */
  url: string;
  logger: Logger;
  /** Stands before every key, for servers with other users. Default `cdp:`. */
  prefix?: string;
  /** What is trusted and shown where the connection is encrypted; `{}` or nothing for what the system trusts. */
  tls?: ConnectionOptions | undefined;
  /**
   * Milliseconds of silence after which a server that owes an answer counts as away, and what waits for it is refused.
   * Default 1,500: a door can answer within 2 s.
   */
  commandTimeoutMs?: number;
  /** Milliseconds that connecting may take. Default 2,000. */
  connectTimeoutMs?: number;
  /** Calls that may wait for an answer at once; one more is refused. Default 20,000. */
  maxPending?: number;
  /** Milliseconds that `openRedis` waits for a server that is away before it goes on without. Default 5,000. */
  openTimeoutMs?: number;
}

const LONGEST_PAUSE_MS = 1_000;

/** For ioredis; throws `invalid` without repeating the address, which may hold a password. */
export function clientOptions({ url, tls, connectTimeoutMs, commandTimeoutMs }: RedisOptions): ClientOptions {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (!address || !/^rediss?:$/.test(address.protocol) || !address.hostname)
    throw invalid('url', 'must be written as redis://[user:password@]host[:port][/database], or rediss: encrypted');
  const database = address.pathname.replace(/^\//, '');
  if (!/^\d*$/.test(database)) throw invalid('url', 'must end in the number of a database, or without');
  const encrypted = tls !== undefined || address.protocol === 'rediss:';
  return {
    host: address.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: address.port === '' ? 6_379 : Number(address.port),
    db: Number(database),
    ...(address.username !== '' && { username: decodeURIComponent(address.username) }),
    ...(address.password !== '' && { password: decodeURIComponent(address.password) }),
    ...(encrypted && { tls: { servername: address.hostname, ...tls } }),
    connectTimeout: connectTimeoutMs ?? 2_000,
    socketTimeout: commandTimeoutMs ?? 1_500,
    // A command is sent once, now or not at all: its sender knows what to do without, and Redis' answer may have been lost.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    maxLoadingRetryTime: 500,
    retryStrategy: (times) => Math.min(LONGEST_PAUSE_MS, 25 * 2 ** Math.min(times, 10)) * (0.5 + Math.random() / 2),
    // The primary has become a replica, or gives its place up: the address leads to another by now.
    reconnectOnError: (error) => /^(READONLY|UNBLOCKED)\b/.test(error.message),
  };
}

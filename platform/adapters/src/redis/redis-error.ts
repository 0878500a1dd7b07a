import { CdpError } from '@cdp/core/kernel';

/** Replies with which a server says that it cannot work just now, whatever it is asked. */
const UNABLE =
  /^(LOADING|READONLY|MISCONF|OOM|BUSY|MASTERDOWN|NOREPLICAS|TRYAGAIN|CLUSTERDOWN|NOAUTH|WRONGPASS|NOPERM|UNKILLABLE)\b/;

const isReply = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError';

export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** ioredis says by name or by words alone that a command found no connection, or lost it. */
const isConnectionLost = (error: Error): boolean =>
  /^(AbortError|MaxRetriesPerRequestError)$/.test(error.name) ||
  /^Connection is closed|^Stream isn't writeable|^Command timed out/.test(error.message) ||
  'syscall' in error;

export const away = (message: string): CdpError => new CdpError('unavailable', message, { retryAfter: 1 });

/**
 * What a caller is told. ioredis hangs the command with all of its arguments on its errors, and the server repeats them in some
 * replies: neither goes on.
 */
export function asCdpError(error: unknown): unknown {
  if (error instanceof CdpError || !(error instanceof Error)) return error;
  if (!isReply(error)) return isConnectionLost(error) ? away('Redis is away.') : error;
  if (UNABLE.test(error.message)) return away(`Redis cannot work just now (${error.message.split(' ', 1)[0]}).`);
  return new Error(`Redis refused a command: ${error.message.split(/,? with args beginning/, 1)[0]}`);
}

import { CdpError } from '@cdp/core/kernel';

/** For `catch`: what fails in LevelDB is the disk's trouble and never that of what was to be kept. */
export function levelAway(cause: unknown): never {
  throw new CdpError('unavailable', 'The memory of message ids cannot be read or written.', { retryAfter: 5, cause });
}

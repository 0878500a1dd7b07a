import type { Readable } from 'node:stream';

/**
 * Uploaded files and those made for download, by tenant and name.
 *
 * - A file exists once `write` resolved, whole and durable; a write that failed leaves nothing.
 * - `read` of a file that is not there rejects with `CdpError('not_found')`.
 */
export abstract class FileStore {
  /** Answers the number of bytes written. */
  abstract write(tenantId: string, name: string, content: Readable): Promise<number>;
  abstract read(tenantId: string, name: string): Promise<Readable>;
  abstract remove(tenantId: string, name: string): Promise<void>;
  abstract deleteTenant(tenantId: string): Promise<void>;
}

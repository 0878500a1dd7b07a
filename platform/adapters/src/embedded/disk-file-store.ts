import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FileStore } from '@cdp/core/ingest';
import { CdpError, notFound } from '@cdp/core/kernel';

/** Files in a folder of the data directory, one folder a tenant. */
export class DiskFileStore extends FileStore {
  readonly #root: string;

  constructor(root: string) {
    super();
    this.#root = resolve(root);
  }

  override async write(tenantId: string, name: string, content: Readable): Promise<number> {
    const path = this.#path(tenantId, name);
    await mkdir(dirname(path), { recursive: true });
    const partial = `${path}.part`;
    try {
      await pipeline(content, createWriteStream(partial, { flush: true }));
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    await syncFolder(dirname(path));
    return (await stat(path)).size;
  }

  override async read(tenantId: string, name: string): Promise<Readable> {
    const path = this.#path(tenantId, name);
    if (!(await stat(path).catch(() => undefined))) throw notFound('file');
    return createReadStream(path);
  }

  override async remove(tenantId: string, name: string): Promise<void> {
    await rm(this.#path(tenantId, name), { force: true });
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    await rm(this.#path(tenantId, '.'), { recursive: true, force: true });
  }

  #path(tenantId: string, name: string): string {
    const folder = join(this.#root, tenantId.replace(/[^\w-]/g, '_'));
    const path = join(folder, name);
    if (path !== folder && !path.startsWith(folder + sep)) throw new CdpError('invalid', 'That is no name of a file.');
    return path;
  }
}

/** A renamed file is only there after a power cut when its folder was flushed. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

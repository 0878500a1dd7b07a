import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CdpError } from '@cdp/core/kernel';
import type { DataConfig } from '../config/index.js';

/** A folder on this machine's disk: that of the embedded stores, or what processes of one platform share. */
export interface DataFolder {
  path(name: string): string;
  masterKey: Buffer;
  /** Keys that may have been used before it. */
  formerMasterKeys: readonly Buffer[];
  release(): void;
}

/** A folder that the processes of one platform share: of files, and what plugins keep. The stores are elsewhere. */
export function openSharedFolder(config: DataConfig): DataFolder {
  mkdirSync(config.dir, { recursive: true, mode: 0o700 });
  const path = (name: string): string => join(config.dir, name);
  return { path, ...masterKeys(config, path('master.key')), release: () => undefined };
}

/** The folder of the embedded stores, held by this process alone for as long as it is open. Throws when another holds it, or when it cannot be written. */
export function openDataFolder(config: DataConfig): DataFolder {
  mkdirSync(config.dir, { recursive: true, mode: 0o700 });
  const release = hold(config.dir);
  try {
    const path = (name: string): string => join(config.dir, name);
    return { path, ...masterKeys(config, path('master.key')), release };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * An open exclusive transaction on a database of its own: the operating system takes the lock back when the process
 * ends, however it ends, so there is never a stale one.
 */
function hold(dir: string): () => void {
  const lock = new DatabaseSync(join(dir, 'lock.db'));
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw new CdpError(
      'conflict',
      `The data folder ${dir} is in use by another process. Stop it, or set CDP_DATA_DIR to another folder.`,
      { cause: error },
    );
  }
  return () => lock.close();
}

/** The key of the settings, and the one that was kept before there was one in the settings; else the kept one. */
function masterKeys(
  { masterKey, formerMasterKeys }: DataConfig,
  file: string,
): Pick<DataFolder, 'masterKey' | 'formerMasterKeys'> {
  if (masterKey === undefined) return { masterKey: keptMasterKey(file), formerMasterKeys };
  return { masterKey, formerMasterKeys: existsSync(file) ? [...formerMasterKeys, readKey(file)] : formerMasterKeys };
}

function keptMasterKey(file: string): Buffer {
  if (existsSync(file)) return readKey(file);
  // Under its name it is whole from the first moment, and of several processes that begin at once one makes it.
  const whole = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(whole, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(whole, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(whole);
  }
  return readKey(file);
}

function readKey(file: string): Buffer {
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
  if (key.length !== 32)
    throw new CdpError(
      'invalid',
      `${file} does not hold a master key of 32 bytes. Put the right one back from a backup.`,
    );
  return key;
}

import { rename, rm } from 'node:fs/promises';
import type { FirstSeen } from '@cdp/core/inbound';
import { ClassicLevel } from 'classic-level';
import { levelAway } from './level-error.js';

const WRITE_BUFFER_BYTES = 8 * 1024 * 1024;
const VALUE_BYTES = 18;
/** Ends the name of a generation that is being removed. */
export const DROPPED = '.dropped';

/** Message ids that were accepted in one span of time, and where each was first seen. */
export class DedupeGeneration {
  /** Epoch milliseconds of the beginning of its span. */
  readonly start: number;
  readonly #level: ClassicLevel<Buffer, Buffer>;

  private constructor(start: number, level: ClassicLevel<Buffer, Buffer>) {
    this.start = start;
    this.#level = level;
  }

  static async open(path: string, start: number): Promise<DedupeGeneration> {
    const level = new ClassicLevel<Buffer, Buffer>(path, {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
      writeBufferSize: WRITE_BUFFER_BYTES,
      // Hashes and places: there is nothing in them to compress.
      compression: false,
    });
    await level.open().catch(levelAway);
    return new DedupeGeneration(start, level);
  }

  async find(keys: Buffer[]): Promise<(FirstSeen | undefined)[]> {
    const values = await this.#level.getMany(keys).catch(levelAway);
    return values.map((value) => value && readFirst(value));
  }

  /** Resolves when they are on the disk. */
  async put(entries: readonly { key: Buffer; first: FirstSeen }[]): Promise<void> {
    const batch = this.#level.batch();
    for (const { key, first } of entries) batch.put(key, writeFirst(first));
    await batch.write({ sync: true }).catch(levelAway);
  }

  async close(): Promise<void> {
    await this.#level.close();
  }

  /** Gone at once by its name: what a crash leaves of a removal under way is no database any more. */
  async drop(): Promise<void> {
    await this.#level.close();
    const dropped = `${this.#level.location}${DROPPED}`;
    await rename(this.#level.location, dropped);
    await rm(dropped, { recursive: true, force: true });
  }
}

function writeFirst({ partition, offset, receivedAt }: FirstSeen): Buffer {
  const value = Buffer.allocUnsafe(VALUE_BYTES);
  value.writeUInt16LE(partition, 0);
  value.writeDoubleLE(offset, 2);
  value.writeDoubleLE(receivedAt, 10);
  return value;
}

const readFirst = (value: Buffer): FirstSeen => ({
  partition: value.readUInt16LE(0),
  offset: value.readDoubleLE(2),
  receivedAt: value.readDoubleLE(10),
});

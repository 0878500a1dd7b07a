import type { FirstSeen } from '@cdp/core/inbound';
import { CdpError } from '@cdp/core/kernel';
import { ClassicLevel } from 'classic-level';

const WRITE_BUFFER_BYTES = 8 * 1024 * 1024;
const VALUE_BYTES = 18;

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
    await level.open().catch(away);
    return new DedupeGeneration(start, level);
  }

  async find(keys: Buffer[]): Promise<(FirstSeen | undefined)[]> {
    const values = await this.#level.getMany(keys).catch(away);
    return values.map((value) => value && readFirst(value));
  }

  /** Resolves when they are on the disk. */
  async put(entries: readonly { key: Buffer; first: FirstSeen }[]): Promise<void> {
    const batch = this.#level.batch();
    for (const { key, first } of entries) batch.put(key, writeFirst(first));
    await batch.write({ sync: true }).catch(away);
  }

  async close(): Promise<void> {
    await this.#level.close();
  }

  async drop(): Promise<void> {
    await this.#level.close();
    await ClassicLevel.destroy(this.#level.location);
  }
}

function away(cause: unknown): never {
  throw new CdpError('unavailable', 'The memory of message ids cannot be read or written.', { retryAfter: 5, cause });
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

/** Writes the big-endian fields of a request. */
export class WireWriter {
  #buffer: Buffer = Buffer.allocUnsafe(512);
  #at = 0;

  int8(value: number): this {
    this.#at = this.#room(1).writeInt8(value, this.#at);
    return this;
  }

  int16(value: number): this {
    this.#at = this.#room(2).writeInt16BE(value, this.#at);
    return this;
  }

  int32(value: number): this {
    this.#at = this.#room(4).writeInt32BE(value, this.#at);
    return this;
  }

  int64(value: number): this {
    this.#at = this.#room(8).writeBigInt64BE(BigInt(value), this.#at);
    return this;
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const length = Buffer.byteLength(value);
    this.int16(length);
    this.#at += this.#room(length).write(value, this.#at);
    return this;
  }

  bytes(value: Buffer): this {
    this.int32(value.length);
    this.#room(value.length).set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  array<Item>(items: readonly Item[], write: (item: Item) => void): this {
    this.int32(items.length);
    for (const item of items) write(item);
    return this;
  }

  get written(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  #room(bytes: number): Buffer {
    if (this.#at + bytes > this.#buffer.length) {
      const bigger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
      this.#buffer.copy(bigger, 0, 0, this.#at);
      this.#buffer = bigger;
    }
    return this.#buffer;
  }
}

/** Reads the big-endian fields of an answer. */
export class WireReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  int8(): number {
    this.#at += 1;
    return this.#buffer.readInt8(this.#at - 1);
  }

  int16(): number {
    this.#at += 2;
    return this.#buffer.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#buffer.readInt32BE(this.#at - 4);
  }

  bigint64(): bigint {
    this.#at += 8;
    return this.#buffer.readBigInt64BE(this.#at - 8);
  }

  int64(): number {
    return Number(this.bigint64());
  }

  string(): string | null {
    const length = this.int16();
    if (length < 0) return null;
    this.#at += length;
    return this.#buffer.toString('utf8', this.#at - length, this.#at);
  }

  /** A view, not a copy; empty for null. */
  bytes(): Buffer {
    const length = Math.max(0, this.int32());
    this.#at += length;
    return this.#buffer.subarray(this.#at - length, this.#at);
  }

  array<Item>(read: () => Item): Item[] {
    const length = this.int32();
    const items: Item[] = [];
    for (let index = 0; index < length; index++) items.push(read());
    return items;
  }
}

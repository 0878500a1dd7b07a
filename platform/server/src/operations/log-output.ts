import { writeSync } from 'node:fs';

/** Characters that are written together: about what the log drivers of containers read at once. */
const CHUNK = 16_384;
/** Milliseconds that a line may wait for others. */
const WAIT_MS = 20;
/** Milliseconds until a reader that is behind is tried again; at the exit, in all. */
const RETRY_MS = 2;
const LAST_TRIES_MS = 1_000;
/** Characters that may wait for a reader that is behind; lines beyond are dropped, and counted in a line of their own. */
const MOST_WAITING = 32 * 1024 * 1024;

/**
 * JSON lines on a file descriptor, many with one call of the system: a call a line takes longer than most requests do. A
 * line waits 20 ms at the most, and what waits is written when the process exits; a kill loses the lines of the last 20 ms
 * but for those before a `flush`. A reader of a pipe that stands still neither stops the process nor fills its memory.
 */
export class LogOutput {
  readonly #descriptor: number;
  readonly #onExit = () => this.close();
  #lines = '';
  /** What was to be written and the reader did not take yet. */
  #rest: Buffer = Buffer.alloc(0);
  #dropped = 0;
  #used = false;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** @param line ends with a line feed */
  write(line: string): void {
    if (this.#ended) return;
    if (!this.#used) process.on('exit', this.#onExit);
    this.#used = true;
    if (this.#lines.length > MOST_WAITING) {
      this.#dropped++;
      return;
    }
    this.#lines += line;
    if (this.#lines.length >= CHUNK && this.#rest.length === 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), WAIT_MS).unref();
  }

  /** Writes what waits, as far as the reader takes it. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#rest.length > 0 && !this.#passRest()) return;
    const text = this.#taken();
    if (text === '') return;
    const written = this.#pass(text);
    if (written === Buffer.byteLength(text)) return;
    this.#rest = Buffer.from(text).subarray(written);
    this.#passRest();
  }

  /** Writes what waits, for a slow reader within a second, and nothing from then on. */
  close(): void {
    process.off('exit', this.#onExit);
    const until = performance.now() + LAST_TRIES_MS;
    for (this.flush(); this.#rest.length > 0 && performance.now() < until; this.flush())
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    clearTimeout(this.#timer);
    this.#ended = true;
  }

  /** The lines that wait, with one that tells of those that were dropped. */
  #taken(): string {
    let lines = this.#lines;
    this.#lines = '';
    if (this.#dropped > 0) {
      const told = { level: 'warn', time: new Date().toISOString(), lines: this.#dropped };
      lines += `${JSON.stringify({ ...told, message: 'Log lines were dropped: their reader is behind' })}\n`;
      this.#dropped = 0;
    }
    return lines;
  }

  /** False when there is still something that the reader does not take just now. */
  #passRest(): boolean {
    for (let written = 1; this.#rest.length > 0 && written > 0; this.#rest = this.#rest.subarray(written))
      written = this.#pass(this.#rest);
    return this.#rest.length === 0;
  }

  /** How many bytes the reader took; none where it is behind, and then it is tried again soon. */
  #pass(what: string | Buffer): number {
    try {
      return typeof what === 'string' ? writeSync(this.#descriptor, what) : writeSync(this.#descriptor, what);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') {
        this.#timer ??= setTimeout(() => this.flush(), RETRY_MS).unref();
        return 0;
      }
      // Nobody reads any more, or there is no room: an error could be told nowhere but here.
      this.#ended = code === 'EPIPE';
      return Buffer.byteLength(what);
    }
  }
}

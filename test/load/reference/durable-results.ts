import { type FileHandle, open } from 'node:fs/promises';

/** A line for each result, flushed to the disk; those that come while one flush is under way share the next. */
export class DurableResults {
  readonly #file: FileHandle;
  #waiting: string[] = [];
  #flushing: Promise<void> | undefined;
  written = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<DurableResults> {
    return new DurableResults(await open(path, 'a'));
  }

  note(id: string, result: string): void {
    this.#waiting.push(`{"id":"${id}","result":"${result}"}\n`);
    this.#flushing ??= this.#flush();
  }

  /** Resolves when everything that was noted is on the disk. */
  async flushed(): Promise<void> {
    await this.#flushing;
  }

  async close(): Promise<void> {
    await this.#flushing;
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      await this.#file.appendFile(lines.join(''));
      await this.#file.datasync();
      this.written += lines.length;
    }
    this.#flushing = undefined;
  }
}

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { flushMarkIn, pageSizeOf } from './flush-mark.js';
import { loseLevels } from './level-disk.js';

/** What the disk makes of writes that were not flushed when the power went: it loses them all, or keeps any of their pages. */
export type Unflushed = 'lost' | 'any pages kept';

/** A machine with a disk that keeps what was flushed, running a writer until its power is cut. */
export class Machine {
  readonly path = mkdtempSync(join(tmpdir(), 'cdp-power-'));
  readonly #writer: string;
  readonly #fault: string | undefined;
  readonly #random: () => number;
  #rounds = 0;
  /** Everything that writers reported, in all rounds. */
  readonly reported: string[] = [];

  constructor(writer: 'log-writer' | 'state-writer', random: () => number, fault?: 'no-flush' | 'no-wait') {
    this.#writer = writer;
    this.#random = random;
    this.#fault = fault;
  }

  /** Runs the writer until it has reported so many lines more, cuts the power, and leaves the disk as that would. */
  async runUntilPowerCut(lines: number, unflushed: Unflushed): Promise<void> {
    const here = (name: string) => fileURLToPath(new URL(`./${name}.js`, import.meta.url));
    const child = spawn(
      process.execPath,
      ['--import', here('disk'), here(this.#writer), this.path, String(++this.#rounds)],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, NODE_OPTIONS: '', ...(this.#fault && { CDP_TEST_DISK_FAULT: this.#fault }) },
      },
    );
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    let count = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      this.reported.push(line);
      if (++count === lines) child.kill('SIGKILL');
    }
    if (count < lines) throw new Error(`The writer ended by itself: ${errors}`);
    this.#loseWhatWasNotFlushed(unflushed);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  #loseWhatWasNotFlushed(unflushed: Unflushed): void {
    const data = join(this.path, 'data.mdb');
    const image = join(this.path, 'flushed.image');
    const flushed = existsSync(image) ? readFileSync(image) : Buffer.alloc(0);
    const written = readFileSync(data);
    rmSync(join(this.path, 'lock.mdb'), { force: true });
    if (unflushed === 'any pages kept' && flushed.length > 0 && sameFlush(flushed, written))
      writeFileSync(data, this.#keepAnyPages(flushed, written));
    else writeFileSync(data, flushed);
    loseLevels(join(this.path, 'dedupe'), unflushed === 'lost' ? () => 0 : this.#random);
  }

  #keepAnyPages(flushed: Buffer, written: Buffer): Buffer {
    const disk = Buffer.alloc(Math.max(flushed.length, written.length));
    flushed.copy(disk);
    const page = pageSizeOf(flushed);
    for (let at = 0; at < written.length; at += page) if (this.#random() < 0.5) written.copy(disk, at, at, at + page);
    return disk;
  }
}

/**
 * Where the mark of the last flush has moved on, the kill came between a flush and its image: pages of that flush can no
 * longer be told from later ones, and the disk is taken as it was before.
 */
const sameFlush = (flushed: Buffer, written: Buffer): boolean => flushMarkIn(flushed).equals(flushMarkIn(written));

/** Mulberry32: the same numbers for the same seed, so that a failure can be run again. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

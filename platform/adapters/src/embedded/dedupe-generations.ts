import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DedupeEntry, FirstSeen } from '@cdp/core/inbound';
import { DedupeGeneration, DROPPED } from './dedupe-generation.js';
import { DedupeWatermarks } from './dedupe-watermarks.js';
import { levelAway } from './level-error.js';

/** How many windows a partition that lags may hold the others' generations back. */
const MAX_WINDOWS_HELD = 7;

/** What is looked for: as far from `receivedAt` as the window at the most. */
export interface Wanted {
  key: Buffer;
  receivedAt: number;
}

/**
 * One generation for each span of acceptance time, in a folder of its own. It goes when all of it is older than the window
 * by the time of every partition: a partition that lags behind must still find what it saw first. One that stands still
 * holds the others back by `MAX_WINDOWS_HELD` windows at the most.
 */
export class DedupeGenerations {
  readonly #path: string;
  readonly #windowMs: number;
  readonly #spanMs: number;
  readonly #watermarks: DedupeWatermarks;
  /** A later first occurrence stands in for an earlier one, so the search begins with the newest. */
  #newestFirst: readonly DedupeGeneration[] = [];
  readonly #opening = new Map<number, Promise<DedupeGeneration>>();

  private constructor(path: string, windowMs: number, perWindow: number, watermarks: DedupeWatermarks) {
    this.#path = path;
    this.#windowMs = windowMs;
    this.#spanMs = windowMs / perWindow;
    this.#watermarks = watermarks;
  }

  static async open(path: string, windowMs: number, perWindow: number): Promise<DedupeGenerations> {
    await mkdir(path, { recursive: true });
    const watermarks = await DedupeWatermarks.open(join(path, 'watermarks'));
    const generations = new DedupeGenerations(path, windowMs, perWindow, watermarks);
    for (const name of await readdir(path))
      if (name.endsWith(DROPPED)) await rm(join(path, name), { recursive: true, force: true });
      else if (/^\d+$/.test(name)) await generations.#at(Number(name));
    return generations;
  }

  /** Epoch milliseconds at which each begins, the newest first. */
  get starts(): number[] {
    return this.#newestFirst.map(({ start }) => start);
  }

  /** Looks where first occurrences within the window, to either side, would be. */
  async find(wanted: readonly Wanted[]): Promise<(FirstSeen | undefined)[]> {
    const found: (FirstSeen | undefined)[] = new Array(wanted.length).fill(undefined);
    let open = wanted.map((_, index) => index);
    for (const generation of this.#newestFirst) {
      const asked = open.filter((index) => this.#reaches(generation, (wanted[index] as Wanted).receivedAt));
      if (asked.length === 0) continue;
      const values = await generation.find(asked.map((index) => (wanted[index] as Wanted).key));
      values.forEach((value, at) => {
        found[asked[at] as number] = value;
      });
      open = open.filter((index) => found[index] === undefined);
    }
    return found;
  }

  async findAnywhere(key: Buffer): Promise<FirstSeen | undefined> {
    for (const generation of this.#newestFirst) {
      const [first] = await generation.find([key]);
      if (first) return first;
    }
    return undefined;
  }

  /** Resolves when they are on the disk. */
  async put(entries: readonly { key: Buffer; first: FirstSeen }[]): Promise<void> {
    const bySpan = Map.groupBy(entries, ({ first }) => this.#startOf(first.receivedAt));
    await Promise.all([...bySpan].map(async ([start, ofSpan]) => (await this.#at(start)).put(ofSpan)));
  }

  /** Moves the partitions' time on and drops the generations that are over. */
  async advance(entries: readonly DedupeEntry[]): Promise<void> {
    await this.#watermarks.advance(entries);
    const times = this.#watermarks.times();
    if (times.length === 0) return;
    const held = Math.max(...times) - MAX_WINDOWS_HELD * this.#windowMs;
    const horizon = Math.max(Math.min(...times), held) - this.#windowMs;
    const over = this.#newestFirst.filter(({ start }) => start + this.#spanMs <= horizon);
    if (over.length === 0) return;
    this.#newestFirst = this.#newestFirst.filter((generation) => !over.includes(generation));
    for (const { start } of over) this.#opening.delete(start);
    await Promise.all(over.map((generation) => generation.drop())).catch(levelAway);
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#opening.values());
    for (const one of opened) if (one.status === 'fulfilled') await one.value.close();
    await this.#watermarks.close();
  }

  #startOf(receivedAt: number): number {
    return Math.floor(receivedAt / this.#spanMs) * this.#spanMs;
  }

  #reaches({ start }: DedupeGeneration, receivedAt: number): boolean {
    return start + this.#spanMs > receivedAt - this.#windowMs && start <= receivedAt + this.#windowMs;
  }

  async #at(start: number): Promise<DedupeGeneration> {
    const standing = this.#opening.get(start);
    if (standing !== undefined) return standing;
    const opening = DedupeGeneration.open(join(this.#path, String(start)), start);
    this.#opening.set(start, opening);
    try {
      const generation = await opening;
      this.#newestFirst = [...this.#newestFirst, generation].sort((a, b) => b.start - a.start);
      return generation;
    } catch (error) {
      this.#opening.delete(start);
      throw error;
    }
  }
}

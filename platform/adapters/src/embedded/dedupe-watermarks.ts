import type { DedupeEntry } from '@cdp/core/inbound';
import { ClassicLevel } from 'classic-level';
import { levelAway } from './level-error.js';

/**
 * Where each partition is: the greatest `receivedAt` of its latest batch. Of the latest, not the greatest ever: a partition
 * that is read again from the start goes back.
 */
export class DedupeWatermarks {
  readonly #level: ClassicLevel<string, string>;
  readonly #times = new Map<number, number>();

  private constructor(level: ClassicLevel<string, string>) {
    this.#level = level;
  }

  static async open(path: string): Promise<DedupeWatermarks> {
    const level = new ClassicLevel<string, string>(path);
    await level.open().catch(levelAway);
    const watermarks = new DedupeWatermarks(level);
    for await (const [partition, time] of level.iterator()) watermarks.#times.set(Number(partition), Number(time));
    return watermarks;
  }

  times(): number[] {
    return [...this.#times.values()];
  }

  /** Not flushed: a watermark that a crash sets back keeps generations for longer than they need to be. */
  async advance(entries: readonly DedupeEntry[]): Promise<void> {
    const newest = new Map<number, number>();
    for (const { partition, receivedAt } of entries)
      newest.set(partition, Math.max(receivedAt, newest.get(partition) ?? receivedAt));
    for (const [partition, time] of newest) {
      this.#times.set(partition, time);
      await this.#level.put(String(partition), String(time)).catch(levelAway);
    }
  }

  async close(): Promise<void> {
    await this.#level.close();
  }
}

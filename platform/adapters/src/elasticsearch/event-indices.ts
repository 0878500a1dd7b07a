import { createIndex } from './create-index.js';
import type { Elastic } from './elastic.js';
import { away } from './elastic-error.js';
import { endOfPeriod } from './event-period.js';

const NAME = 'events_v1-';

/** The indices of the events' months, which the platform makes and drops by itself. */
export class EventIndices {
  /** Of all of them. */
  readonly pattern: string;
  readonly #elastic: Elastic;
  readonly #known = new Set<string>();

  constructor(elastic: Elastic) {
    this.#elastic = elastic;
    this.pattern = elastic.index(`${NAME}*`);
  }

  /** Makes those that are not there; a cluster need not make indices by itself, and better does not. */
  async ensure(indices: Iterable<string>): Promise<void> {
    for (const index of new Set(indices)) {
      if (this.#known.has(index)) continue;
      await this.#create(index);
      this.#known.add(index);
    }
  }

  /** To be called when one was missing after all. */
  forget(): void {
    this.#known.clear();
  }

  async refresh(): Promise<void> {
    await this.#elastic.work((client, bounds) => client.indices.refresh({ index: this.pattern }, bounds));
  }

  /** Drops the indices of which every moment is before that instant (epoch milliseconds); answers their names. */
  async dropBefore(instant: number): Promise<string[]> {
    const standing = await this.#elastic.work((client, bounds) =>
      client.indices.getSettings({ index: this.pattern, filter_path: '*.settings.index.uuid' }, bounds),
    );
    const old = Object.keys(standing).filter((index) => {
      const end = endOfPeriod(index.slice(this.pattern.length - 1));
      return end !== undefined && end <= instant;
    });
    for (const index of old) {
      this.#known.delete(index);
      await this.#elastic.work((client, bounds) => client.indices.delete({ index, ignore_unavailable: true }, bounds));
    }
    return old.sort();
  }

  async #create(index: string): Promise<void> {
    const template = this.#elastic.index('cdp-events_v1');
    const declared = await this.#elastic.work((client, bounds) =>
      client.indices.existsIndexTemplate({ name: template }, bounds),
    );
    if (!declared) throw away('The index templates are missing: apply them (cdp migrate).');
    await createIndex(this.#elastic, index);
  }
}

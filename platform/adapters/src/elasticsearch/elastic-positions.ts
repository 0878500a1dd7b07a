import type { AppliedPosition } from '@cdp/core/profile';
import type { Elastic } from './elastic.js';
import { missing } from './elastic-error.js';

/** Up to where partitions of the log are in the indices. A position is the version of its document: it only grows, whoever writes it. */
export class ElasticPositions {
  readonly #elastic: Elastic;
  readonly #index: string;
  readonly #projection: string;

  constructor(elastic: Elastic, projection: string) {
    this.#elastic = elastic;
    this.#index = elastic.index('positions_v1');
    this.#projection = projection;
  }

  async of(partition: number): Promise<number | undefined> {
    const answer = await this.#elastic.work((client, bounds) =>
      client.get<{ next: number }>({ index: this.#index, id: this.#id(partition) }, { ...bounds, ignore: [404] }),
    );
    if ('error' in answer) throw missing();
    return answer._source?.next;
  }

  async advance({ partition, next }: AppliedPosition): Promise<void> {
    await this.#elastic.bulk.write([
      {
        action: 'index',
        index: this.#index,
        id: this.#id(partition),
        version: { number: next, type: 'external' },
        source: JSON.stringify({ next }),
      },
    ]);
  }

  #id(partition: number): string {
    return `${this.#projection}-${partition}`;
  }
}

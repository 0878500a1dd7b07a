import { type Client, Client as ElasticsearchClient } from '@elastic/elasticsearch';
import { BulkWriter } from './bulk-writer.js';
import { asCdpError, away } from './elastic-error.js';
import { clientOptions, type ElasticOptions } from './elastic-options.js';

/** To be given to the client with a request, so that it ends in time. */
export interface RequestBounds {
  signal: AbortSignal;
  retryBackoff: () => number;
}

const RETRY_AFTER_SECONDS = 0.02;

/**
 * A cluster, as this process sees it. Nothing waits on it without bound: while it is away, overloaded or silent, requests
 * fail with `unavailable`. Searches that not every shard answered are errors too: `search` and what else reads many documents
 * asks with `allow_partial_search_results: false`.
 */
export class Elastic {
  readonly prefix: string;
  readonly bulk: BulkWriter;
  readonly #client: Client;
  readonly #answerTimeoutMs: number;
  readonly #workTimeoutMs: number;
  readonly #underWay = new Set<AbortController>();
  #closed = false;

  constructor(options: ElasticOptions) {
    this.prefix = options.prefix ?? '';
    this.#answerTimeoutMs = options.answerTimeoutMs ?? 1_800;
    this.#workTimeoutMs = options.workTimeoutMs ?? 30_000;
    this.#client = new ElasticsearchClient(clientOptions(options));
    this.bulk = new BulkWriter(this, { concurrency: options.bulkConcurrency, retryMs: options.bulkRetryMs });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The name of an index, or the pattern of several. */
  index(name: string): string {
    return this.prefix + name;
  }

  /** Asks what nobody at a door waits for. The bounds are the options of each request that `work` makes. */
  work<Result>(ask: (client: Client, bounds: RequestBounds) => Promise<Result>): Promise<Result> {
    return this.#run(ask, this.#workTimeoutMs);
  }

  /** Asks what somebody waits for. */
  answer<Result>(ask: (client: Client, bounds: RequestBounds) => Promise<Result>): Promise<Result> {
    return this.#run(ask, this.#answerTimeoutMs);
  }

  /** Ends what is under way, and everything after. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const request of this.#underWay) request.abort();
    await this.#client.close();
  }

  async #run<Result>(
    ask: (client: Client, bounds: RequestBounds) => Promise<Result>,
    timeoutMs: number,
  ): Promise<Result> {
    if (this.#closed) throw away('The connection to Elasticsearch is closed.');
    const request = new AbortController();
    const timer = setTimeout(() => request.abort(), timeoutMs);
    this.#underWay.add(request);
    try {
      return await ask(this.#client, { signal: request.signal, retryBackoff: () => RETRY_AFTER_SECONDS });
    } catch (error) {
      throw asCdpError(error);
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(request);
    }
  }
}

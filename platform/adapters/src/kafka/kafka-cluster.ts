import { setTimeout as after } from 'node:timers/promises';
import { CdpError } from '@cdp/core/kernel';
import { away, isConnectionLost, isLoading, isMoved, textOf } from './kafka-error.js';
import {
  type Broker,
  brokerAt,
  type ClusterMetadata,
  type ConnectionOptions,
  metadataRequest,
  type ProtocolRequest,
} from './wire/index.js';

export interface KafkaAddress {
  host: string;
  port: number;
}

type CoordinatorOf = 'group' | 'transaction';

/** Stands for an address that was given: whose number it is gets known only from the cluster. */
const SEED = -1;

const STEADY_MS = 3_000;
const STEADY_PAUSE_MS = 50;

const COORDINATOR_TYPES = { group: 0, transaction: 1 } as const;

/**
 * The brokers as one user of them sees them: connections of its own, who leads what, who coordinates whom. Nothing is tried
 * again here but the look at the cluster; a connection that failed or that is not answered is dropped with all that waits on
 * it, so that nothing is sent on it any more.
 */
export class KafkaCluster {
  readonly #seeds: readonly KafkaAddress[];
  readonly #options: ConnectionOptions;
  readonly #brokers = new Map<number, Broker>();
  readonly #coordinators = new Map<string, number>();
  readonly #addresses = new Map<number, KafkaAddress>();
  #metadata: ClusterMetadata | undefined;
  #looking: Promise<ClusterMetadata> | undefined;
  #nextSeed = Math.floor(Math.random() * 1_000);
  #closed = false;

  constructor(seeds: readonly KafkaAddress[], options: ConnectionOptions) {
    this.#seeds = seeds;
    this.#options = options;
  }

  /** What was known at the last look; looks where there was none, or where what was known proved wrong. */
  async metadata(): Promise<ClusterMetadata> {
    return this.#metadata ?? this.look();
  }

  /** Looks anew. */
  look(): Promise<ClusterMetadata> {
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** The node that leads a partition; undefined while none does, and then the next question looks anew. */
  async leaderOf(topic: string, partition: number): Promise<number | undefined> {
    const leader = (await this.metadata()).leaders.get(topic)?.[partition];
    if (leader !== undefined && leader >= 0) return leader;
    this.#forget();
    return undefined;
  }

  /** Asks a node; any node where none is named. */
  async ask<Answer>(node: number | undefined, question: (broker: Broker) => Promise<Answer>): Promise<Answer> {
    const asked = node ?? (await this.metadata()).brokers[0]?.nodeId ?? SEED;
    const broker = this.#broker(asked);
    try {
      await this.#connect(broker);
      return await question(broker);
    } catch (error) {
      if (isConnectionLost(error)) this.#drop(asked, broker, error);
      else if (isMoved(error)) this.#forget();
      throw error;
    }
  }

  send<Answer>(node: number, request: ProtocolRequest<Answer>): Promise<Answer> {
    return this.ask(
      node,
      (broker) => broker.connectionPool.send(request as ProtocolRequest<unknown>) as Promise<Answer>,
    );
  }

  /** Asks the node that coordinates a group or a transactional id. */
  async askCoordinator<Answer>(
    of: CoordinatorOf,
    id: string,
    question: (broker: Broker) => Promise<Answer>,
  ): Promise<Answer> {
    const name = `${of}/${id}`;
    let node = this.#coordinators.get(name);
    if (node === undefined) {
      const { coordinator } = await this.ask(undefined, (broker) =>
        broker.findGroupCoordinator({ groupId: id, coordinatorType: COORDINATOR_TYPES[of] }),
      );
      node = coordinator.nodeId;
      this.#coordinators.set(name, node);
      this.#addresses.set(node, coordinator);
    }
    return this.ask(node, question);
  }

  /**
   * Does a piece of work again, for some seconds at the most, while who leads what is changing, or brokers go and come. Rejects with
   * `unavailable` when that did not help.
   */
  async steadily<Result>(work: () => Promise<Result>): Promise<Result> {
    for (const until = performance.now() + STEADY_MS; ; ) {
      try {
        return await work();
      } catch (error) {
        const passing = isConnectionLost(error) || isMoved(error) || isLoading(error);
        if (this.#closed || !passing || performance.now() > until) {
          if (error instanceof CdpError) throw error;
          throw away(`The log cannot be reached: ${textOf(error)}`, error);
        }
      }
      await after(STEADY_PAUSE_MS);
      await this.look().catch(() => undefined);
    }
  }

  /** Ends every connection at once; what waits on one is rejected. */
  close(): void {
    this.#closed = true;
    this.reset(away('The log is closed.'));
  }

  /** Drops every connection; the next question makes new ones. */
  reset(why: unknown): void {
    for (const [node, broker] of [...this.#brokers]) this.#drop(node, broker, why);
  }

  async #lookNow(): Promise<ClusterMetadata> {
    let failure: unknown;
    // A node that is connected already, or else each of the addresses that were given.
    const known = [...this.#brokers].find(([, broker]) => broker.isConnected())?.[0];
    const attempts = known === undefined ? this.#seeds.map(() => SEED) : [known, ...this.#seeds.map(() => SEED)];
    for (const node of attempts) {
      const broker = this.#broker(node);
      try {
        await this.#connect(broker);
        const answer = await broker.connectionPool.send(metadataRequest() as ProtocolRequest<unknown>);
        this.#metadata = answer as ClusterMetadata;
        for (const { nodeId, host, port } of this.#metadata.brokers) this.#addresses.set(nodeId, { host, port });
        return this.#metadata;
      } catch (error) {
        failure = error;
        this.#drop(node, broker, error);
      }
    }
    throw failure;
  }

  async #connect(broker: Broker): Promise<void> {
    if (!this.#closed && !broker.isConnected()) await broker.connect();
    if (!this.#closed) return;
    cut(broker, away('The log is closed.'));
    throw away('The log is closed.');
  }

  #broker(node: number): Broker {
    const known = this.#brokers.get(node);
    if (known) return known;
    const address = node === SEED ? this.#seeds[this.#nextSeed++ % this.#seeds.length] : this.#addresses.get(node);
    if (!address) throw away(`No broker of the cluster has the number ${node} any more.`);
    const broker = brokerAt(address.host, address.port, this.#options);
    this.#brokers.set(node, broker);
    return broker;
  }

  #forget(): void {
    this.#metadata = undefined;
    this.#coordinators.clear();
  }

  /** Only the broker that failed: another may stand in its place by now. */
  #drop(node: number, broker: Broker, why: unknown): void {
    if (this.#brokers.get(node) === broker) {
      this.#brokers.delete(node);
      this.#forget();
    }
    cut(broker, why instanceof Error ? why : new Error(String(why)));
  }
}

function cut(broker: Broker, why: Error): void {
  for (const connection of broker.connectionPool.pool) {
    connection.rejectRequests(why);
    connection.socket?.destroy();
    connection.disconnect().catch(() => undefined);
  }
}

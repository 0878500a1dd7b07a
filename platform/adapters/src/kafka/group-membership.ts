import { setTimeout as after } from 'node:timers/promises';
import type { Logger } from '@cdp/core/kernel';
import { dealPartitions } from './deal-partitions.js';
import type { KafkaCluster } from './kafka-cluster.js';
import { away, isExpelled, isOf, textOf } from './kafka-error.js';
import {
  type Broker,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from './wire/index.js';

export interface GroupMembershipOptions {
  /** Of its own: joining blocks a connection for as long as others take. */
  cluster: KafkaCluster;
  logger: Logger;
  /** Names at the brokers. */
  group: string;
  topic: string;
  partitions: number;
  sessionTimeoutMs: number;
  heartbeatMs: number;
  /** Partitions that are worked on here, also those that are about to be given up. */
  owned: () => number[];
  /** From now on these partitions are to be worked on here, and no others. */
  dealt: (partitions: readonly number[]) => void;
}

/** Another version of how partitions are dealt gets another name: members agree on one that all of them know. */
const PROTOCOL = 'cdp-cooperative-1';
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 2_000;

/**
 * One process in a group: joins, gives signs of life whatever the handlers are doing, and learns which partitions are its own.
 * Work goes on while the group deals anew; only what moves is given up, after the batch under way.
 */
export class GroupMembership {
  readonly #options: GroupMembershipOptions;
  readonly #cluster: KafkaCluster;
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #memberId = '';
  #generation = -1;
  #running: Promise<void> = Promise.resolve();
  #joined: () => void = () => {};

  constructor(options: GroupMembershipOptions) {
    this.#options = options;
    this.#cluster = options.cluster;
  }

  /** Resolves when partitions, perhaps none, were dealt to this member for the first time. */
  join(): Promise<void> {
    const joined = new Promise<void>((resolve) => {
      this.#joined = resolve;
    });
    this.#running = this.#run();
    return joined;
  }

  /** Something was given up, which others may wait for: the group is to deal anew. */
  released(): void {
    this.#wake.abort();
  }

  /** Rejects when the group does not count on this member any more, or cannot be asked. */
  async confirm(): Promise<void> {
    try {
      await this.#beat();
    } catch (error) {
      if (isOf(error, 'REBALANCE_IN_PROGRESS')) return;
      if (isExpelled(error)) this.#wake.abort();
      throw error;
    }
  }

  async leave(): Promise<void> {
    this.#stop.abort();
    this.#wake.abort();
    // Wakes a join that waits for the others.
    this.#cluster.reset(away('The consumer was stopped.'));
    await this.#running;
    try {
      if (this.#memberId !== '')
        await this.#ask((broker) => broker.leaveGroup({ groupId: this.#options.group, memberId: this.#memberId }));
    } catch (error) {
      // The group finds out by itself when the session ends.
      this.#options.logger.warn('consumer could not say that it leaves', {
        group: this.#options.group,
        error: textOf(error),
      });
    }
    this.#cluster.close();
  }

  async #run(): Promise<void> {
    const { logger, group } = this.#options;
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      try {
        await this.#joinOnce();
        failures = 0;
        this.#joined();
        await this.#stay();
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (isExpelled(error) || isOf(error, 'MEMBER_ID_REQUIRED', 'INCONSISTENT_GROUP_PROTOCOL'))
          this.#forgotten(error);
        else if (!isOf(error, 'REBALANCE_IN_PROGRESS')) {
          if (failures === 0) logger.warn('consumer group cannot be reached', { group, error: textOf(error) });
          await this.#pause(Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++));
        }
      }
    }
  }

  /** Others have got the partitions, or are about to. */
  #forgotten(error: unknown): void {
    this.#options.logger.warn('consumer lost its place in the group', {
      group: this.#options.group,
      error: textOf(error),
    });
    this.#memberId = '';
    this.#generation = -1;
    this.#options.dealt([]);
  }

  async #joinOnce(): Promise<void> {
    const { group, topic, partitions, sessionTimeoutMs, owned, dealt } = this.#options;
    this.#wake = new AbortController();
    const metadata = encodeSubscription({ topic, owned: owned(), generation: this.#generation });
    const joined = await this.#ask((broker) =>
      broker.joinGroup({
        groupId: group,
        memberId: this.#memberId,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: sessionTimeoutMs,
        groupProtocols: [{ name: PROTOCOL, metadata }],
      }),
    );
    this.#memberId = joined.memberId;
    const members = joined.members.map(({ memberId, memberMetadata }) => ({
      ...decodeSubscription(memberMetadata),
      id: memberId,
    }));
    const dealtOut = members.length > 0 ? dealPartitions(members, partitions) : new Map<string, number[]>();
    const { memberAssignment } = await this.#ask((broker) =>
      broker.syncGroup({
        groupId: group,
        generationId: joined.generationId,
        memberId: joined.memberId,
        groupAssignment: [...dealtOut].map(([memberId, of]) => ({
          memberId,
          memberAssignment: encodeAssignment(topic, of),
        })),
      }),
    );
    this.#generation = joined.generationId;
    dealt(decodeAssignment(memberAssignment));
  }

  /** Gives signs of life until the group deals anew. */
  async #stay(): Promise<void> {
    let failures = 0;
    while (!this.#wake.signal.aborted && !this.#stop.signal.aborted) {
      await this.#pause(this.#options.heartbeatMs);
      if (this.#wake.signal.aborted || this.#stop.signal.aborted) return;
      try {
        await this.#beat();
        failures = 0;
      } catch (error) {
        if (isExpelled(error) || isOf(error, 'REBALANCE_IN_PROGRESS')) throw error;
        if (failures++ === 0)
          this.#options.logger.warn('consumer group cannot be reached', {
            group: this.#options.group,
            error: textOf(error),
          });
      }
    }
  }

  async #beat(): Promise<void> {
    await this.#ask((broker) =>
      broker.heartbeat({
        groupId: this.#options.group,
        groupGenerationId: this.#generation,
        memberId: this.#memberId,
      }),
    );
  }

  #ask<Answer>(question: (broker: Broker) => Promise<Answer>): Promise<Answer> {
    return this.#cluster.askCoordinator('group', this.#options.group, question);
  }

  /** Ends early when there is something to do, or when all ends. */
  async #pause(ms: number): Promise<void> {
    const signal = AbortSignal.any([this.#wake.signal, this.#stop.signal]);
    await after(ms, undefined, { signal }).catch(() => undefined);
  }
}

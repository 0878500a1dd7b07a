import type { ConsumeOptions, Consumer } from '@cdp/core/log';

/** What a member needs of its group. */
export interface MembersGroup {
  wake(): void;
  leave(member: GroupMember): Promise<void>;
  drained(): Promise<void>;
  /** Resolves when what was committed can be read. */
  settled(): Promise<void>;
}

/** One consumer of a group: whether it works, and what it has under way. */
export class GroupMember implements Consumer {
  readonly options: ConsumeOptions;
  readonly #group: MembersGroup;
  #interrupt = new AbortController();
  #busy = 0;
  #idle: (() => void)[] = [];

  constructor(group: MembersGroup, options: ConsumeOptions) {
    this.#group = group;
    this.options = options;
  }

  get paused(): boolean {
    return this.#interrupt.signal.aborted;
  }

  /** Comes when the member is paused: work that waits for something that is away gives up, to be done again later. */
  get interrupted(): AbortSignal {
    return this.#interrupt.signal;
  }

  async pause(): Promise<void> {
    this.#interrupt.abort();
    if (this.#busy > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    await this.#group.settled();
  }

  resume(): void {
    if (!this.paused) return;
    this.#interrupt = new AbortController();
    this.#group.wake();
  }

  async stop(): Promise<void> {
    await this.pause();
    await this.#group.leave(this);
  }

  drained(): Promise<void> {
    return this.#group.drained();
  }

  async during(work: () => Promise<void>): Promise<void> {
    this.#busy++;
    try {
      await work();
    } finally {
      if (--this.#busy === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }
}

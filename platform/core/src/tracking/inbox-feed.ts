import type { InboxMessage, InboxStore } from '../delivery/index.js';
import { CdpError, type Clock, type Logger } from '../kernel/index.js';
import type { ProfileService } from '../profile/index.js';

export interface InboxFeedDeps {
  inbox: InboxStore;
  people: Pick<ProfileService, 'ownersOf'>;
  clock: Clock;
  logger: Logger;
}

export interface InboxFeedOptions {
  /** Milliseconds between two looks at what changed. Default 300. */
  everyMs?: number;
  /** Most listeners of a tenant. Default 2,000. */
  perTenant?: number;
  /** Most listeners to one inbox: tabs and devices of a person. Default 20. */
  perPerson?: number;
}

export interface InboxChange {
  message: InboxMessage;
  /** It was not in the inbox when the listener last heard of it. */
  isNew: boolean;
}

export interface InboxListener {
  tenantId: string;
  /** Whose inbox, such as `userId:42`. Nobody by that name may be known yet. */
  identifier: string;
  /** Changes in their order. False: the listener can take no more; it hears nothing further and `end` is called. */
  receive(changes: readonly InboxChange[]): boolean;
  /** The feed is over for this listener, whatever the reason. Not called after `leave`. */
  end(): void;
}

interface Member {
  listener: InboxListener;
  /** Number of the last change that it heard of. */
  position: number;
}

interface Room {
  members: Set<Member>;
  /** The change up to which every member heard, but for those that are behind it. */
  position: number;
}

/** Changes that one look hands out at a time: bounds what is in memory, however much came in. */
const PAGE = 500;

/**
 * Tells listeners of changes to inboxes within a moment. It asks the store, which every process shares, and asks it nothing but a
 * number where nothing changed; what people are called is resolved anew with each change, so a feed follows merges.
 */
export class InboxFeed {
  readonly #deps: InboxFeedDeps;
  readonly #options: Required<InboxFeedOptions>;
  readonly #rooms = new Map<string, Room>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(deps: InboxFeedDeps, options: InboxFeedOptions = {}) {
    this.#deps = deps;
    this.#options = { everyMs: 300, perTenant: 2_000, perPerson: 20, ...options };
  }

  /** How many listen. */
  get size(): number {
    let size = 0;
    for (const { members } of this.#rooms.values()) size += members.size;
    return size;
  }

  /**
   * Listens to changes after `since`, or from now on. Answers from where, and how to leave.
   *
   * @throws CdpError `over_quota` when too many listen already, `unavailable` when the feed is closed.
   */
  async join(listener: InboxListener, since?: number): Promise<{ position: number; leave: () => void }> {
    const { tenantId, identifier } = listener;
    const current = await this.#deps.inbox.revision(tenantId);
    if (this.#closed) throw new CdpError('unavailable', 'The platform stops; connect again.', { retryAfter: 1 });
    const room = this.#rooms.get(tenantId) ?? { members: new Set(), position: current };
    const own = [...room.members].filter((one) => one.listener.identifier === identifier).length;
    if (room.members.size >= this.#options.perTenant || own >= this.#options.perPerson)
      throw new CdpError('over_quota', 'Too many streams are open: close one, or ask for the list instead.', {
        retryAfter: 30,
      });
    // A number from before the store was put back from a backup lies ahead of what it knows.
    const member = { listener, position: Math.min(since ?? current, current) };
    room.members.add(member);
    this.#rooms.set(tenantId, room);
    this.#timer ??= setInterval(() => this.#nudge(), this.#options.everyMs).unref();
    if (member.position < current || member.position < room.position) this.#nudge();
    return { position: member.position, leave: () => this.#remove(room, member) };
  }

  /** Ends every feed: open streams would hold up a stop. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const room of this.#rooms.values()) for (const member of room.members) this.#drop(room, member);
    await this.#looking;
  }

  #nudge(): void {
    if (this.#looking !== undefined) {
      this.#again = true;
      return;
    }
    this.#looking = this.#look().finally(() => {
      this.#looking = undefined;
      if (this.#again && this.#timer) {
        this.#again = false;
        this.#nudge();
      }
    });
  }

  async #look(): Promise<void> {
    for (const [tenantId, room] of this.#rooms)
      try {
        await this.#lookAt(tenantId, room);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#deps.logger.warn('The inboxes of a tenant could not be looked at', { tenantId, reason });
      }
  }

  async #lookAt(tenantId: string, room: Room): Promise<void> {
    const current = await this.#deps.inbox.revision(tenantId);
    // Who joins from here on is told in the next look.
    const members = [...room.members];
    const behind = members.filter((member) => member.position < room.position);
    if (current === room.position && behind.length === 0) return;
    const owners = await this.#deps.people.ownersOf(tenantId, [
      ...new Set(members.map(({ listener }) => listener.identifier)),
    ]);
    // Each alone: what one has missed does not concern the others.
    for (const member of behind) {
      const owner = owners.get(member.listener.identifier);
      await this.#tell(tenantId, room, new Map(owner === undefined ? [] : [[owner, [member]]]), member.position);
      member.position = Math.max(member.position, current);
    }
    const level = members.filter((member) => !behind.includes(member));
    const byOwner = new Map<string, Member[]>();
    for (const member of level) {
      const owner = owners.get(member.listener.identifier);
      if (owner === undefined) continue;
      const same = byOwner.get(owner);
      if (same) same.push(member);
      else byOwner.set(owner, [member]);
    }
    if (current > room.position) await this.#tell(tenantId, room, byOwner, room.position);
    for (const member of level) member.position = Math.max(member.position, current);
    room.position = Math.max(room.position, current);
  }

  /** Tells members, by the inbox that they listen to, of all that changed after `since`, page by page. */
  async #tell(
    tenantId: string,
    room: Room,
    byOwner: ReadonlyMap<string, readonly Member[]>,
    since: number,
  ): Promise<void> {
    const { inbox, clock } = this.#deps;
    for (let from = since; ; ) {
      const page = byOwner.size === 0 ? [] : await inbox.changes(tenantId, [...byOwner.keys()], from, PAGE);
      const now = clock.now();
      for (const [owner, messages] of Map.groupBy(page, (one) => one.ownerId))
        for (const member of byOwner.get(owner) ?? [])
          if (room.members.has(member)) this.#hand(room, member, messages, now);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      from = last.revision;
    }
  }

  #hand(room: Room, member: Member, messages: readonly InboxMessage[], now: number): void {
    const { position, listener } = member;
    const changes = messages
      .filter((message) => message.revision > position && message.expiresAt > now)
      .map((message) => ({ message, isNew: message.arrival > position }))
      // Nobody needs to hear of what came and went.
      .filter(({ message, isNew }) => !isNew || message.dismissedAt === undefined);
    member.position = Math.max(position, messages.at(-1)?.revision ?? 0);
    if (changes.length > 0 && !listener.receive(changes)) this.#drop(room, member);
  }

  #drop(room: Room, member: Member): void {
    this.#remove(room, member);
    member.listener.end();
  }

  #remove(room: Room, member: Member): void {
    room.members.delete(member);
    const { tenantId } = member.listener;
    if (room.members.size === 0 && this.#rooms.get(tenantId) === room) this.#rooms.delete(tenantId);
    if (this.#rooms.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

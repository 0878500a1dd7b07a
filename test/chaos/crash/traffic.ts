import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Door } from '../../builders/server-process.js';
import type { Ledger } from './ledger.js';

export const PEOPLE = 150;
export const DEVICES = 3;
const SENDERS = 16;
const EVENTS = ['Product Viewed', 'Cart Added', 'Order Completed'];
/** Some never buy, however long the traffic lasts: how much of it there is depends on how fast the machine is. */
const EVENTS_OF_LOOKERS = EVENTS.slice(0, 2);
const LOOKER_EVERY = 10;

/** Names of all that the traffic brings. */
export const NAMES = [...EVENTS, 'identify'];

export const userIdOf = (person: number): string => `user-${person}`;
export const anonymousIdOf = (person: number, device: number): string => `device-${person}-${device}`;
export const emailOf = (person: number): string => `person-${person}@example.com`;

interface Send {
  path: string;
  body: unknown;
  messageIds: string[];
  person: number;
}

/** Senders as they are in the field: what is not answered is sent again under the same id, or given up. */
export class Traffic {
  readonly #ledger: Ledger;
  readonly #random: () => number;
  readonly #pauseMs: number;
  readonly #agent = new Agent({ connections: SENDERS, pipelining: 1 });
  /** Answers that were none of acceptance, and requests without an answer. */
  refused = 0;
  #messages = 0;
  #ending = false;
  #senders: Promise<unknown> = Promise.resolve();
  #up: { url: string; authorization: string } | undefined;
  #whenUp: (() => void)[] = [];

  /** `pauseMs`: how long each sender rests between two messages; without it the machine is as busy as it can be. */
  constructor(ledger: Ledger, random: () => number, pauseMs = 0) {
    this.#ledger = ledger;
    this.#random = random;
    this.#pauseMs = pauseMs;
  }

  begin(): void {
    this.#senders = Promise.all(Array.from({ length: SENDERS }, () => this.#loop()));
  }

  /** The server that takes requests from now on. */
  async follow(server: Door): Promise<void> {
    const url = await server.listening;
    this.#up = { url, authorization: server.authorization };
    for (const resolve of this.#whenUp.splice(0)) resolve();
  }

  lose(): void {
    this.#up = undefined;
  }

  /** No new message; resolves when all those under way are answered. */
  async end(): Promise<void> {
    this.#ending = true;
    await this.#senders;
  }

  /** Every identifier of a person in calls that join them: after it one person is one profile. */
  async join(): Promise<void> {
    for (let person = 0; person < PEOPLE; person++) {
      const calls = Array.from({ length: DEVICES }, (_, device) => ({
        type: 'identify',
        userId: userIdOf(person),
        anonymousId: anonymousIdOf(person, device),
        traits: { email: emailOf(person) },
      }));
      await this.#deliver(this.#batch(person, calls));
    }
    await this.#agent.close();
  }

  async #loop(): Promise<void> {
    while (!this.#ending) {
      const send = this.#next();
      await this.#deliver(send, this.#chance(0.25));
      // Some senders do not believe an answer.
      if (this.#chance(0.03)) await this.#deliver(send);
      await (this.#pauseMs === 0 ? turn() : delay(this.#pauseMs));
    }
  }

  async #deliver(send: Send, givesUp = false): Promise<void> {
    for (;;) {
      const { url, authorization } = await this.#reachable();
      try {
        const answer = await request(`${url}${send.path}`, {
          method: 'POST',
          dispatcher: this.#agent,
          headers: { authorization, 'content-type': 'application/json' },
          body: JSON.stringify(send.body),
        });
        const text = await answer.body.text();
        if (answer.statusCode === 200) {
          const { accepted } = JSON.parse(text) as { accepted: number };
          if (accepted !== send.messageIds.length) throw new Refused(`${send.path}: ${text}`);
          this.#ledger.acknowledge(send.messageIds, send.person);
          return;
        }
        this.refused++;
        if (answer.statusCode !== 503) throw new Refused(`${send.path}: ${answer.statusCode} ${text}`);
      } catch (error) {
        if (error instanceof Refused) throw error;
        this.refused++;
        if (givesUp) {
          this.#ledger.abandon(send.messageIds, send.person);
          return;
        }
      }
      await delay(10);
    }
  }

  async #reachable(): Promise<{ url: string; authorization: string }> {
    while (!this.#up) await new Promise<void>((resolve) => this.#whenUp.push(resolve));
    return this.#up;
  }

  #next(): Send {
    const person = Math.floor(this.#random() * PEOPLE);
    const kind = this.#random();
    if (kind < 0.5) {
      const call = this.#call(person);
      return { path: `/v1/${call.type}`, ...this.#one(person, call) };
    }
    if (kind < 0.6) {
      const user = { userId: userIdOf(person), traits: { email: emailOf(person), score: this.#messages } };
      return { path: '/v1/users', ...this.#one(person, user) };
    }
    return this.#batch(
      person,
      Array.from({ length: 1 + Math.floor(this.#random() * 30) }, () => this.#call(person)),
    );
  }

  #call(person: number): { type: string; [field: string]: unknown } {
    const kind = this.#random();
    const anonymousId = anonymousIdOf(person, Math.floor(this.#random() * DEVICES));
    if (kind < 0.08) return { type: 'identify', userId: userIdOf(person), anonymousId };
    if (kind < 0.12) return { type: 'identify', anonymousId, traits: { email: emailOf(person) } };
    const who = kind < 0.5 ? { anonymousId } : { userId: userIdOf(person) };
    const events = person % LOOKER_EVERY === 0 ? EVENTS_OF_LOOKERS : EVENTS;
    const event = events[Math.floor(this.#random() * events.length)] as string;
    return { type: 'track', ...who, event, properties: { price: Math.ceil(this.#random() * 100) } };
  }

  #one(person: number, call: object): Omit<Send, 'path'> {
    const messageId = `m-${this.#messages++}`;
    return { body: { ...call, messageId }, messageIds: [messageId], person };
  }

  #batch(person: number, calls: readonly object[]): Send {
    const ones = calls.map((call) => this.#one(person, call));
    const messageIds = ones.flatMap((one) => one.messageIds);
    return { path: '/v1/batch', body: { batch: ones.map(({ body }) => body) }, messageIds, person };
  }

  #chance(of: number): boolean {
    return this.#random() < of;
  }
}

class Refused extends Error {}

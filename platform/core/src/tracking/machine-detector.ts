import { isbot } from 'isbot';
import { LRUCache } from 'lru-cache';
import type { RecentSends } from '../delivery/index.js';

/** What the door saw of a request that followed a link. */
export interface Visit {
  method: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  ip?: string | undefined;
}

export type MachineReason = 'head' | 'prefetch' | 'bot' | 'no_user_agent' | 'privacy_proxy' | 'too_soon' | 'burst';

export interface MachineDetectorOptions {
  /** Milliseconds after sending in which no person follows a link. Default 1,500. */
  tooSoonMs?: number;
  /** Milliseconds in which several links of one message are followed by machines alone. Default 2,000. */
  burstMs?: number;
  /** How many different links make a burst. Default 3. */
  burstLinks?: number;
}

/** Fetch pictures for a person at the moment of reading: they say what they are and are no robots for that. */
const READING_PROXY = /GoogleImageProxy|YahooMailProxy/;
const VISITS_KEPT = 50_000;

/** Tells people from the machines that open and follow everything: link scanners, prefetching, mail privacy proxies. */
export class MachineDetector {
  readonly #sends: RecentSends;
  readonly #tooSoonMs: number;
  readonly #burstMs: number;
  readonly #burstLinks: number;
  readonly #agents = new LRUCache<string, { bot: boolean }>({ max: 5_000 });
  readonly #visits = new LRUCache<string, { index: number; at: number }[]>({ max: VISITS_KEPT });

  constructor(sends: RecentSends, options: MachineDetectorOptions = {}) {
    this.#sends = sends;
    this.#tooSoonMs = options.tooSoonMs ?? 1_500;
    this.#burstMs = options.burstMs ?? 2_000;
    this.#burstLinks = options.burstLinks ?? 3;
  }

  /** Why the visit is a machine's; undefined for a person's. */
  async judge(
    kind: 'click' | 'open',
    messageId: string,
    index: number,
    visit: Visit,
    now: number,
  ): Promise<MachineReason | undefined> {
    const burst = kind === 'click' && this.#isBurst(messageId, index, now);
    if (visit.method === 'HEAD') return 'head';
    if (isPrefetch(visit)) return 'prefetch';
    const agent = textOf(visit.headers['user-agent']);
    if (agent === '') return 'no_user_agent';
    // Apple's mail privacy proxy, which fetches every picture whether the mail is read or not.
    if (kind === 'open' && agent.trim() === 'Mozilla/5.0') return 'privacy_proxy';
    if (!(kind === 'open' && READING_PROXY.test(agent)) && this.#isBot(agent)) return 'bot';
    const sentAt = await this.#sends.sentAt(messageId);
    if (sentAt !== undefined && now - sentAt < this.#tooSoonMs) return 'too_soon';
    return burst ? 'burst' : undefined;
  }

  #isBot(agent: string): boolean {
    let known = this.#agents.get(agent);
    if (!known) {
      known = { bot: isbot(agent) };
      this.#agents.set(agent, known);
    }
    return known.bot;
  }

  #isBurst(messageId: string, index: number, now: number): boolean {
    const visits = (this.#visits.get(messageId) ?? []).filter((one) => now - one.at <= this.#burstMs);
    if (!visits.some((one) => one.index === index)) visits.push({ index, at: now });
    this.#visits.set(messageId, visits);
    return visits.length >= this.#burstLinks;
  }
}

const textOf = (header: string | string[] | undefined): string =>
  Array.isArray(header) ? header.join(', ') : (header ?? '');

const isPrefetch = ({ headers }: Visit): boolean =>
  ['purpose', 'sec-purpose', 'x-purpose', 'x-moz'].some((name) => /prefetch|preview/i.test(textOf(headers[name])));

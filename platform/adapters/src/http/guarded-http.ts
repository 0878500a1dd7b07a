import { HostError, type HostRequest, type HostResponse, type ResolvedAddress } from '@cdp/plugin-kit';
import { Agent } from 'undici';
import { AddressGuard, type LookupAll, type PrivateNetwork } from './address-guard.js';
import { exchange } from './exchange.js';

export interface GuardedHttpOptions {
  privateNetwork: PrivateNetwork;
  /** The most milliseconds for one exchange, from the call to the last byte of the answer. Default 15,000. */
  timeoutMs?: number | undefined;
  /** The most bytes of an answer. Default 1 MiB. */
  maxResponseBytes?: number | undefined;
  /** The most connections to one origin at once; calls beyond wait for one. Default 64. */
  connectionsPerOrigin?: number | undefined;
  /** Default: the operating system's. */
  lookup?: LookupAll | undefined;
}

/**
 * The one way out by HTTP, for webhooks, providers and streams, where URLs come from tenants. Private addresses are refused at the
 * moment of connecting, redirects come back as they are, time and size are bounded, connections are kept alive.
 */
export class GuardedHttp {
  readonly #guard: AddressGuard;
  readonly #agent: Agent;
  readonly #timeoutMs: number;
  readonly #maxResponseBytes: number;

  constructor(options: GuardedHttpOptions) {
    this.#timeoutMs = options.timeoutMs ?? 15_000;
    this.#maxResponseBytes = options.maxResponseBytes ?? 1024 * 1024;
    this.#guard = new AddressGuard(options.privateNetwork, options.lookup);
    this.#agent = new Agent({
      connections: options.connectionsPerOrigin ?? 64,
      pipelining: 1,
      keepAliveTimeout: 10_000,
      keepAliveMaxTimeout: 60_000,
      // The deadline of the whole exchange is kept here; undici's own would only blur which one it was.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { lookup: this.#guard.lookup, timeout: this.#timeoutMs },
    });
  }

  /**
   * As `HostFetch` of the plugin kit says, with the signal given.
   *
   * @throws HostError
   */
  async fetch(url: string, request: HostRequest = {}): Promise<HostResponse> {
    const target = readUrl(url);
    this.#guard.checkLiteral(target.hostname);
    return await exchange(this.#agent, target, request, {
      timeoutMs: Math.min(request.timeoutMs ?? this.#timeoutMs, this.#timeoutMs),
      maxResponseBytes: this.#maxResponseBytes,
    });
  }

  /** As `Host.resolve` of the plugin kit says: for protocols other than HTTP. */
  resolve(hostname: string): Promise<ResolvedAddress> {
    return this.#guard.resolve(hostname);
  }

  /** Waits for the exchanges under way and ends all connections. */
  async close(): Promise<void> {
    await this.#agent.close();
  }
}

function readUrl(url: string): URL {
  if (!URL.canParse(url)) throw new HostError('refused', 'Not a URL.', false);
  const target = new URL(url);
  if (target.protocol !== 'https:' && target.protocol !== 'http:') {
    throw new HostError('refused', `${target.protocol} is not HTTP.`, false);
  }
  if (target.username !== '' || target.password !== '') {
    throw new HostError('refused', 'Credentials do not belong in a URL; send them in a header.', false);
  }
  return target;
}

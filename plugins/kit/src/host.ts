import type { HostInbox } from './inbox.js';

/**
 * Everything a plugin may touch. There are no globals: two tenants with two accounts of one provider run in one process.
 *
 * `open` gets a host that lives as long as the channel. Each later call gets one of its own, whose `signal` carries the deadline of
 * that call.
 */
export interface Host {
  /** HTTP to the outside. See {@link HostFetch}. */
  fetch: HostFetch;
  /**
   * The address to connect to for protocols other than HTTP. Connect to the address that it gives and never to the name again, or a
   * name that changes between the check and the connection leads into the platform's own network.
   *
   * @throws HostError `refused` when the name leads to a private address and those are not allowed, `unreachable` when it has none.
   */
  resolve(hostname: string): Promise<ResolvedAddress>;
  clock: { /** Milliseconds since the Unix epoch. */ now(): number };
  logger: HostLogger;
  /** Aborts when the call must end: its deadline is over or the platform stops. Settle soon after, with honest outcomes. */
  signal: AbortSignal;
  /**
   * A directory of this plugin and this tenant alone that outlives restarts. Absent where the platform keeps nothing on local disk,
   * as it does on several machines; a plugin that cannot do without refuses to open then.
   */
  directory?: string | undefined;
  /**
   * The inboxes of this tenant's people, for a channel whose messages the platform itself shows. Since kit 1.1; a plugin that cannot
   * do without refuses to open where it is absent.
   */
  inbox?: HostInbox | undefined;
}

export interface ResolvedAddress {
  /** An IPv4 or IPv6 address. */
  address: string;
  family: 4 | 6;
}

/** Fields are flat. Secrets and the addresses of people do not belong in them. */
export interface HostLogger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/**
 * One request and its whole answer, over kept-alive connections. Redirects are not followed: a 3xx comes back as it is. Private
 * addresses are refused where the platform says so, after the name was resolved.
 *
 * @throws HostError for everything but an answer. No status makes it throw.
 */
export type HostFetch = (url: string, request?: HostRequest) => Promise<HostResponse>;

export interface HostRequest {
  /** Default `GET`. */
  method?: string | undefined;
  headers?: Record<string, string> | undefined;
  body?: string | Uint8Array | undefined;
  /** Milliseconds for the whole exchange. The platform's own limit (15 s unless set otherwise) applies where it is lower. */
  timeoutMs?: number | undefined;
  /** Default: the `signal` of the host. */
  signal?: AbortSignal | undefined;
}

export interface HostResponse {
  status: number;
  /** Names in lower case; a header that came several times is joined by `, `. */
  headers: Readonly<Record<string, string>>;
  /** Bounded by the platform: what is longer ends the call with `too_large`. */
  body: Uint8Array;
  text(): string;
}

export type HostErrorCode =
  /** The address may not be called from here: private, or not HTTP. */
  | 'refused'
  /** No connection: the name does not resolve, nobody listens, TLS fails. */
  | 'unreachable'
  /** The connection broke before the answer was complete. */
  | 'broken'
  | 'timeout'
  | 'aborted'
  /** The answer is longer than the platform reads. */
  | 'too_large';

/** Why there is no answer, and whether the other side may have acted nevertheless. */
export class HostError extends Error {
  readonly code: HostErrorCode;
  /** False only when it is certain that nothing of the request went out. Decides between the outcomes `later` and `unknown`. */
  readonly mayHaveArrived: boolean;

  constructor(code: HostErrorCode, message: string, mayHaveArrived: boolean) {
    super(message);
    this.name = 'HostError';
    this.code = code;
    this.mayHaveArrived = mayHaveArrived;
  }
}

/** By shape and not by class: plugin and platform may have a copy of this package each. */
export const isHostError = (error: unknown): error is HostError =>
  error instanceof Error && error.name === 'HostError' && 'mayHaveArrived' in error;

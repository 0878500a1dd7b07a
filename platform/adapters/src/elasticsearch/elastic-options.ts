import type { ConnectionOptions } from 'node:tls';
import { invalid } from '@cdp/core/kernel';
import type { ClientOptions } from '@elastic/elasticsearch';

/** How the cluster is reached. */
export interface ElasticOptions {
  /** `http://host:port` of one node, or of several; with `https:` encrypted. Credentials in an address are taken as `auth`. */
  url: string | readonly string[];
  /** Stands before the name of every index and template, for clusters with other users. Default none. */
  prefix?: string;
  auth?: { username: string; password: string } | { apiKey: string } | undefined;
  /** What is trusted and shown where the connection is encrypted; nothing for what the system trusts. */
  tls?: ConnectionOptions | undefined;
  /** Milliseconds in which a read that somebody waits for is answered or refused. Default 1,800: a door can answer within 2 s. */
  answerTimeoutMs?: number;
  /** Milliseconds in which any other request is answered or refused. Default 30,000. */
  workTimeoutMs?: number;
  /** `_bulk` requests under way at once. Default 4. */
  bulkConcurrency?: number;
  /** Pause before what an overloaded cluster refused is sent again, in milliseconds; it doubles with each of the 5 tries. Default 100. */
  bulkRetryMs?: number;
}

/** A connection that was kept may have been closed by what is between, or be of a node that is gone: another is tried at once. */
const RETRIES = 2;
const CONNECTIONS = 64;

/** For the client; throws `invalid` without repeating an address, which may hold a password. */
export function clientOptions({ url, auth, tls, workTimeoutMs = 30_000 }: ElasticOptions): ClientOptions {
  const addresses = (typeof url === 'string' ? [url] : url).map(addressOf);
  const [first] = addresses;
  if (first === undefined) throw invalid('url', 'must name at least one node');
  const written = auth ?? credentialsOf(first);
  return {
    nodes: addresses.map((address) => ({ url: withoutCredentials(address) })),
    ...(written && { auth: written }),
    ...(tls && { tls }),
    requestTimeout: workTimeoutMs,
    maxRetries: RETRIES,
    agent: { connections: CONNECTIONS },
    enableMetaHeader: false,
    // Text of strangers is parsed for what it is: the values that an attacker could name are read out by name alone.
    disablePrototypePoisoningProtection: true,
    redaction: { type: 'remove' },
  };
}

function addressOf(written: string): URL {
  const address = URL.canParse(written) ? new URL(written) : undefined;
  if (!address || !/^https?:$/.test(address.protocol) || !address.hostname)
    throw invalid('url', 'must be written as http://host:port, or https: encrypted');
  return address;
}

function credentialsOf({ username, password }: URL): { username: string; password: string } | undefined {
  if (username === '') return undefined;
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
}

function withoutCredentials(address: URL): URL {
  const bare = new URL(address);
  bare.username = '';
  bare.password = '';
  return bare;
}

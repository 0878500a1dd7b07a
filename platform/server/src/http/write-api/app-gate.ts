import type { IngestApp } from '@cdp/core/ingest';

/** What a request presents to be let in. */
export interface Presented {
  appKey: string;
  /** Of Basic credentials or `X-Write-Key: key:secret`. */
  secret?: string | undefined;
  signature?: RequestSignature | undefined;
  /** Of the client, the trusted proxies left out. */
  ip: string;
  /** The `Origin` header. */
  origin?: string | undefined;
}

/** `X-CDP-Signature: v1=…` and what it was made over. */
export interface RequestSignature {
  timestamp: string;
  nonce: string;
  value: string;
  method: string;
  /** As on the request line, without the query. */
  path: string;
  /** As sent: before inflating. */
  body: Buffer;
}

/** `write`: anything an app may send. `read`: what needs a secret, such as the state of an import. */
export type Purpose = 'write' | 'read';

export interface AdmittedApp extends IngestApp {
  name: string;
  kind: 'server' | 'public';
}

/** Decides which app a request is from. Throws CdpError: unauthenticated, forbidden. */
export abstract class AppGate {
  abstract admit(presented: Presented, purpose: Purpose): AdmittedApp | Promise<AdmittedApp>;

  /** The app behind a key that stands in a page for everyone to see; undefined when there is none. */
  abstract find(appKey: string): AdmittedApp | undefined;
}

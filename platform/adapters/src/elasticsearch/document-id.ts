import { digest, isPlainText } from './audience/value-term.js';

const PLAIN = /^[\w-]{1,128}$/;

/**
 * Where the documents of a tenant are: on one shard of each index. Every search and every read names it, which spares the other
 * shards; it keeps nothing apart, so that every search names the tenant besides.
 */
export const routingOf = (tenantId: string): string => (PLAIN.test(tenantId) ? tenantId : `#${digest(tenantId)}`);

/**
 * The id of a document in its index, another for every tenant and name. What is neither short nor plain is known by its digest:
 * ids are UTF-8 of at most 512 bytes, and a stranger's text may be neither.
 */
export const documentId = (tenantId: string, name: string): string =>
  PLAIN.test(tenantId) && PLAIN.test(name) ? `${tenantId}:${name}` : `#${digest(JSON.stringify([tenantId, name]))}`;

/** What a text is searched and ordered by: itself, or its digest where it is too long for a term or no UTF-8 can write it. */
export const keywordOf = (text: string): string => (isPlainText(text) ? text : `${DIGESTED}${digest(text)}`);

export const isDigested = (keyword: string): boolean => keyword.startsWith(DIGESTED);

const DIGESTED = '#';

import { CdpError } from '@cdp/core/kernel';
import { errors } from '@elastic/elasticsearch';

/** What Elasticsearch says is wrong. Its `reason` may repeat what was sent, so that only parts of it go on. */
export interface ElasticCause {
  type?: string | undefined;
  reason?: string | null | undefined;
}

/** Answers with which a cluster says that it cannot work just now, whatever it is asked. */
const OVERLOADED = new Set([408, 429, 502, 503, 504]);

/** It is not for the sake of what was sent: the installation lacks or refuses something. */
const MISCONFIGURED = new Set([401, 403, 404, 405]);

const RETRY_AFTER = 1;

export const isOverloaded = (status: number): boolean => OVERLOADED.has(status);

export const away = (message: string): CdpError => new CdpError('unavailable', message, { retryAfter: RETRY_AFTER });

/** What a caller is told. The client hangs the whole exchange on its errors: that does not go on. */
export function asCdpError(error: unknown): unknown {
  if (error instanceof CdpError) return error;
  if (error instanceof errors.ResponseError) return responseError(error.statusCode ?? 0, causeOf(error.body));
  if (error instanceof errors.TimeoutError || error instanceof errors.RequestAbortedError)
    return away('Elasticsearch does not answer in time.');
  if (error instanceof errors.ElasticsearchClientError && !isOurs(error)) return away('Elasticsearch is away.');
  return error;
}

const MISSING = 'index_not_found_exception';

/** An index is not there. */
export const isMissing = ({ type }: ElasticCause): boolean => type === MISSING;

export const missing = (): CdpError => away('An index is missing: apply the index templates (cdp migrate).');

/** One document of many could not be read. */
export const unreadable = (cause: ElasticCause): CdpError =>
  isMissing(cause) ? missing() : away(`Elasticsearch cannot read a document just now (${cause.type}).`);

/** What an answer of that status means, of a request or of one part of it. */
export function responseError(status: number, cause: ElasticCause): Error {
  if (isOverloaded(status)) return away(`Elasticsearch cannot work just now (${cause.type ?? status}).`);
  if (isMissing(cause)) return missing();
  if (MISCONFIGURED.has(status)) return away(`Elasticsearch refuses to be asked (${cause.type ?? status}).`);
  return new Error(`Elasticsearch refused a request: ${status} ${explain(cause)}`);
}

/** The cause without what was sent: its type, and the field that it names. */
export function explain({ type, reason }: ElasticCause): string {
  const field = /\bfield \[([\w.@-]{1,100})\]/.exec(reason ?? '')?.[1];
  return `${type ?? 'unknown error'}${field === undefined ? '' : ` in field ${field}`}`;
}

/** The innermost cause that the answer names: what is around it says only where it happened. */
function causeOf(body: unknown): ElasticCause {
  const error = (body as { error?: ElasticCause & { root_cause?: ElasticCause[] } } | undefined)?.error;
  if (typeof error !== 'object') return {};
  return error.root_cause?.[0] ?? error;
}

const isOurs = (error: Error): boolean =>
  error instanceof errors.SerializationError || error instanceof errors.ConfigurationError;

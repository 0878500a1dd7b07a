import { CdpError, type ErrorCode, type FieldError } from '@cdp/core/kernel';
import { HttpException } from '@nestjs/common';

/** The body of every error answer (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  errors: FieldError[];
  correlationId: string;
}

interface Outcome {
  status: number;
  code: string;
  detail: string;
  errors: FieldError[];
  /** Seconds, for the Retry-After header. */
  retryAfter?: number | undefined;
}

export const STATUS_OF: Record<ErrorCode, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  over_quota: 429,
  unavailable: 503,
};

const TITLES: Record<number, string> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  406: 'Not acceptable',
  408: 'Request timed out',
  409: 'Conflict',
  412: 'Precondition failed',
  413: 'Too large',
  414: 'Address too long',
  415: 'Unsupported media type',
  417: 'Expectation failed',
  428: 'Precondition required',
  429: 'Too many requests',
  431: 'Headers too large',
  500: 'Internal error',
  503: 'Unavailable',
};

const CODES: Record<number, string> = {
  405: 'method_not_allowed',
  412: 'conflict',
  428: 'conflict',
  431: 'too_large',
  500: 'internal',
  ...Object.fromEntries(Object.entries(STATUS_OF).map(([code, status]) => [status, code])),
};

/** Where the framework says what is wrong and not what would be right. */
const DETAILS: Record<number, string> = { 415: 'Send JSON, as Content-Type: application/json.' };

const codeOf = (status: number): string => CODES[status] ?? (status < 500 ? 'invalid' : 'unavailable');

/** What a client is told of an error. Undefined: the error is a defect of ours, which is logged and answered 500. */
export function outcomeOf(error: unknown): Outcome | undefined {
  if (error instanceof CdpError)
    return {
      status: STATUS_OF[error.code],
      code: error.code,
      detail: error.message,
      errors: error.errors,
      retryAfter: error.retryAfter ?? (STATUS_OF[error.code] === 503 ? 1 : undefined),
    };
  if (error instanceof HttpException) {
    const status = error.getStatus();
    const detail = DETAILS[status] ?? error.message;
    return { status, code: codeOf(status), detail, errors: fieldErrorsOf(error.getResponse()) };
  }
  return ofFramework(error);
}

/** Validation errors of request schemas, as the framework reports them. */
function fieldErrorsOf(response: unknown): FieldError[] {
  if (typeof response !== 'object' || response === null || !('errors' in response)) return [];
  const { errors } = response;
  return Array.isArray(errors) ? errors.filter(isFieldError) : [];
}

const isFieldError = (item: unknown): item is FieldError =>
  typeof item === 'object' &&
  item !== null &&
  typeof (item as FieldError).path === 'string' &&
  typeof (item as FieldError).message === 'string';

/** The client went away, or stopped in the middle of its body. */
const CUT_OFF = new Set<unknown>(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']);

/** Errors of Fastify and its plugins carry a `statusCode`; those below 500 are about the request. */
function ofFramework(error: unknown): Outcome | undefined {
  if (!(error instanceof Error)) return undefined;
  if (CUT_OFF.has((error as { code?: unknown }).code))
    return { status: 400, code: 'invalid', detail: 'The request was cut off.', errors: [] };
  const { statusCode } = error as { statusCode?: unknown };
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode >= 600) return undefined;
  if (statusCode >= 500 && statusCode !== 503) return undefined;
  return {
    status: statusCode,
    code: codeOf(statusCode),
    detail: error.message,
    errors: [],
    retryAfter: statusCode === 503 ? 1 : undefined,
  };
}

export const INTERNAL: Outcome = {
  status: 500,
  code: 'internal',
  detail: 'Something failed on our side. It was logged under the correlationId.',
  errors: [],
};

export function toProblem(outcome: Outcome, correlationId: string): Problem {
  return {
    type: 'about:blank',
    title: TITLES[outcome.status] ?? 'Error',
    status: outcome.status,
    code: outcome.code,
    detail: outcome.detail,
    errors: outcome.errors,
    correlationId,
  };
}

/** A problem that there was no request for. */
export const problemOf = (status: number, detail: string, correlationId: string): Problem =>
  toProblem({ status, code: codeOf(status), detail, errors: [] }, correlationId);

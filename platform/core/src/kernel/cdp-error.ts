/** What may go wrong, as far as a client can tell the difference. The server maps each to one HTTP status. */
export type ErrorCode =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'over_quota'
  | 'unavailable';

/** One mistake in an input: where it is, as a JSON path such as `audience.segmentId`, and how to mend it. */
export interface FieldError {
  path: string;
  message: string;
}

/** The one error that is meant for a caller. Anything else that is thrown is a defect of ours. */
export class CdpError extends Error {
  readonly code: ErrorCode;
  readonly errors: FieldError[];
  /** Seconds after which to try again, with `over_quota` and `unavailable`. */
  readonly retryAfter: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { errors?: FieldError[]; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CdpError';
    this.code = code;
    this.errors = options.errors ?? [];
    this.retryAfter = options.retryAfter;
  }
}

export const invalid = (path: string, message: string): CdpError =>
  new CdpError('invalid', path === '' ? message : `${path}: ${message}`, { errors: [{ path, message }] });

export const notFound = (what: string): CdpError => new CdpError('not_found', `No such ${what}.`);

export const conflict = (message: string): CdpError => new CdpError('conflict', message);

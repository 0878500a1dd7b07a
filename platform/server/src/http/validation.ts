import { CdpError, type FieldError } from '@cdp/core/kernel';
import { StandardSchemaValidationPipe } from '@nestjs/common';

interface Issue {
  message: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[] | undefined;
  /** Names that a strict object does not know; zod puts them beside the path. */
  keys?: string[];
}

const MOST_ERRORS = 100;

const join = (path: Issue['path']): string =>
  (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');

function fieldErrors(issue: Issue): FieldError[] {
  const path = join(issue.path);
  if (!issue.keys) return [{ path, message: issue.message }];
  return issue.keys.map((key) => ({
    path: path === '' ? key : `${path}.${key}`,
    message: 'Unknown field: take it out.',
  }));
}

/** Issues of a schema as the one error of ours, so that every mistake is told at once with its path. */
export function invalidBy(issues: readonly Issue[]): CdpError {
  const errors = issues.flatMap(fieldErrors).slice(0, MOST_ERRORS);
  const [first] = errors;
  const detail = first ? `${first.path === '' ? '' : `${first.path}: `}${first.message}` : 'Not valid.';
  return new CdpError('invalid', errors.length > 1 ? `${detail} (and ${errors.length - 1} more)` : detail, { errors });
}

/** Checks every parameter that names a schema, as in `@Body({ schema })`. */
export const validationPipe = (): StandardSchemaValidationPipe =>
  new StandardSchemaValidationPipe({ exceptionFactory: (issues) => invalidBy(issues as readonly Issue[]) });

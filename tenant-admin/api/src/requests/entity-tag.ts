import {
  applyDecorators,
  type CallHandler,
  createParamDecorator,
  type ExecutionContext,
  HttpException,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { map, type Observable } from 'rxjs';
import { type HttpReply, type HttpRequest, headerOf } from '../access/http.js';

const HINT = 'Send the ETag of the version that you read as If-Match.';

export const entityTag = (version: number | string): string => `"${version}"`;

/** The version named by `If-Match`; undefined without the header or for `*`. */
export function versionOf(request: HttpRequest): number | undefined {
  const header = headerOf(request, 'if-match');
  if (header === undefined || header.trim() === '*') return undefined;
  const version = /^(?:W\/)?"(\d{1,15})"$/.exec(header.trim())?.[1];
  // A tag that we never gave is the tag of no version.
  return version === undefined ? -1 : Number(version);
}

/** Throws 412 when the thing has moved on from what the client read. */
export function requireVersion(current: number, expected: number | undefined): void {
  if (expected !== undefined && expected !== current)
    throw new HttpException(`It has changed since you read it: it is at version ${current}. Read it again.`, 412);
}

const requestOf = (context: ExecutionContext): HttpRequest => context.switchToHttp().getRequest<HttpRequest>();

/** `number | undefined`: the version that the client says it changes. */
export const IfMatch = createParamDecorator((_: unknown, context: ExecutionContext) => versionOf(requestOf(context)));

/** The same, and 428 without the header. */
export const RequiredIfMatch = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const request = requestOf(context);
  if (headerOf(request, 'if-match') === undefined) throw new HttpException(HINT, 428);
  return versionOf(request);
});

@Injectable()
class EntityTagInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const reply = context.switchToHttp().getResponse<HttpReply>();
    return next.handle().pipe(
      map((answer: unknown) => {
        const version = (answer as { version?: unknown } | null | undefined)?.version;
        if (typeof version === 'number' || typeof version === 'string') reply.header('etag', entityTag(version));
        return answer;
      }),
    );
  }
}

/** The answer has a `version`, which goes out as its ETag. */
export const Versioned = () => UseInterceptors(EntityTagInterceptor);

/** Of a change: takes `If-Match`, and answers the new ETag. */
export const ChangesVersion = (options: { required?: boolean } = {}) =>
  applyDecorators(Versioned(), ApiHeader({ name: 'If-Match', required: options.required ?? false, description: HINT }));

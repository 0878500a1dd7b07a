import { createHash } from 'node:crypto';
import { CdpError, Clock, conflict, type Json, Logger } from '@cdp/core/kernel';
import { IdempotentRequests, PLATFORM_TENANT, SecretBox, type SecretPlace } from '@cdp/core/tenancy';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { catchError, from, mergeMap, type Observable, of, throwError } from 'rxjs';
import { callerOf, userOf } from '../access/caller.js';
import { type HttpReply, type HttpRequest, headerOf, isSafe } from '../access/http.js';

const KEPT_MS = 86_400_000;
/** Longer than any write takes: whoever asks again after it finds the first one dead. */
const LOCK_MS = 60_000;
const MAX_KEY = 255;

interface Lock {
  tenantId: string;
  digest: string;
}

/**
 * A write that carries `Idempotency-Key` is done once: a repetition within 24 hours is given the first one's answer. Only what
 * succeeded is kept, so that a refused request can be mended and sent again under the same key. Kept answers may hold a secret
 * that is shown once, so they are sealed.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly requests: IdempotentRequests,
    private readonly box: SecretBox,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const reply = context.switchToHttp().getResponse<HttpReply & { statusCode: number }>();
    const key = headerOf(request, 'idempotency-key');
    const user = userOf(request);
    if (key === undefined || isSafe(request.method) || !user) return next.handle();
    if (key === '' || key.length > MAX_KEY)
      throw new CdpError('invalid', `Idempotency-Key: 1 to ${MAX_KEY} characters.`, {
        errors: [{ path: 'Idempotency-Key', message: `1 to ${MAX_KEY} characters.` }],
      });
    const tenantId = callerOf(request)?.tenantId ?? PLATFORM_TENANT;
    const lock = { tenantId, digest: sha256(JSON.stringify([user.principal.account.id, key])) };
    const now = this.clock.now();
    const begun = await this.requests.begin(tenantId, lock.digest, fingerprint(request), {
      now,
      lockedUntil: now + LOCK_MS,
      expiresAt: now + KEPT_MS,
    });
    switch (begun.kind) {
      case 'different':
        throw conflict('This Idempotency-Key was used for another request: take a new one.');
      case 'running':
        throw conflict('The same request is being served at this moment: wait for its answer.');
      case 'done': {
        reply.status(begun.answer.status);
        reply.header('idempotent-replayed', 'true');
        const { body } = begun.answer;
        return of(body === null ? undefined : JSON.parse(await this.box.open(tenantId, placeOf(lock), body)));
      }
      case 'new':
        return next.handle().pipe(
          catchError((error: unknown) => from(this.#abandon(lock)).pipe(mergeMap(() => throwError(() => error)))),
          mergeMap((answer: unknown) => from(this.#finish(lock, reply.statusCode, answer))),
        );
    }
  }

  async #finish(lock: Lock, status: number, answer: unknown): Promise<unknown> {
    try {
      await this.box.prepare(lock.tenantId);
      const body =
        answer === undefined ? null : await this.box.seal(lock.tenantId, placeOf(lock), JSON.stringify(answer));
      await this.requests.finish(lock.tenantId, lock.digest, { status, body });
    } catch (error) {
      // The write is done, and its answer is owed; the lock runs out by itself.
      this.logger.error('An answer could not be kept for its Idempotency-Key', { error: String(error) });
    }
    return answer;
  }

  async #abandon({ tenantId, digest }: Lock): Promise<void> {
    await this.requests.abandon(tenantId, digest);
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const placeOf = ({ digest }: Lock): SecretPlace => ({ table: 'idempotent_requests', row: digest, field: 'answer' });

/** The same for the same request, however its fields are ordered. */
const fingerprint = ({ method, url, body }: HttpRequest): string =>
  sha256(JSON.stringify([method, url, ordered((body ?? null) as Json)]));

function ordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, ordered(inner)]));
}

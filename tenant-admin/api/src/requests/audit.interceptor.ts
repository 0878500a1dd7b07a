import { Logger } from '@cdp/core/kernel';
import { AuditTrail } from '@cdp/core/tenancy';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { mergeMap, type Observable } from 'rxjs';
import { type Caller, callerOf } from '../access/caller.js';
import { DECLARATION, type Declaration, OWN_RECORD } from '../access/declarations.js';
import { type HttpRequest, isSafe } from '../access/http.js';

/** The part of an answer that says what was made. */
const idOf = (answer: unknown): unknown => (answer as { id?: unknown } | null | undefined)?.id;

/**
 * Writes an audit entry for every change that went through a route whose service keeps no record of its own: who, which route's action
 * on which thing, and the request's body.
 */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly trail: AuditTrail,
    private readonly logger: Logger,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const caller = callerOf(request);
    const of = [context.getHandler(), context.getClass()];
    const declaration = this.reflector.getAllAndOverride<Declaration>(DECLARATION, of);
    const recordsItself = this.reflector.getAllAndOverride<boolean>(OWN_RECORD, of) === true;
    if (
      !caller ||
      recordsItself ||
      isSafe(request.method) ||
      declaration.kind !== 'can' ||
      declaration.action === 'read'
    )
      return next.handle();
    const { action, resource } = declaration;
    const verb = action === 'run' ? context.getHandler().name : action;
    return next.handle().pipe(
      mergeMap(async (answer: unknown) => {
        await this.#record(caller, verb, resource, request, answer);
        return answer;
      }),
    );
  }

  async #record(
    { tenantId, actor }: Caller,
    action: string,
    resource: Extract<Declaration, { kind: 'can' }>['resource'],
    { params, body }: HttpRequest,
    answer: unknown,
  ): Promise<void> {
    const resourceId = String(params.id ?? idOf(answer) ?? '');
    const after = typeof body === 'object' && body !== null && !Array.isArray(body) ? body : null;
    try {
      await this.trail.record(tenantId, actor, { action, resource, resourceId, after });
    } catch (error) {
      // The change is made and its answer owed; that it is not in the audit log has to be seen.
      this.logger.error('A change could not be written to the audit log', {
        tenantId,
        action,
        resource,
        resourceId,
        error: String(error),
      });
    }
  }
}

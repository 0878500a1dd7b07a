import { Logger } from '@cdp/core/kernel';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RouteTable } from './route-table.js';
import { pathOf, sendProblem } from './send-problem.js';

/** Errors of controllers, guards and pipes, and of paths that nothing answers to. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly routes: RouteTable,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    sendProblem(this.#named(error, request, reply), request, reply, this.logger);
  }

  /** The framework answers 404 whatever the method was; a path that exists under another method is told 405. */
  #named(error: unknown, request: FastifyRequest, reply: FastifyReply): unknown {
    if (!(error instanceof NotFoundException) || !request.is404) return error;
    const allowed = this.routes.methodsOf(pathOf(request));
    if (allowed.length === 0) return new NotFoundException('Nothing is here; the paths are listed at /docs.');
    reply.header('allow', allowed.join(', '));
    return new HttpException(`${request.method} is not allowed here; allowed: ${allowed.join(', ')}.`, 405);
  }
}

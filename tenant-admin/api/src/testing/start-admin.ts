import 'reflect-metadata';
import { CdpError, Clock, Logger, SilentLogger } from '@cdp/core/kernel';
import type { Tenancy } from '@cdp/core/tenancy';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  Global,
  HttpException,
  Module,
  StandardSchemaValidationPipe,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  Access,
  AccessModule,
  AccessSettings,
  type Caller,
  TenantAdminModule,
  tenancyProviders,
  type User,
} from '../index.js';

const STATUS: Record<string, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  over_quota: 429,
  unavailable: 503,
};

@Catch()
class Problems implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<{ status(code: number): { send(body: unknown): void } }>();
    const status =
      error instanceof CdpError ? STATUS[error.code] : error instanceof HttpException ? error.getStatus() : 500;
    const { message, errors = [] } = error as Error & { errors?: unknown[] };
    reply.status(status ?? 500).send({ detail: message, errors });
  }
}

/** Who was let in, in order, as the log lines of the server would name them. */
export class TestSettings extends AccessSettings {
  readonly letInWas: (User | Caller)[] = [];
  constructor(readonly publicUrl: string) {
    super();
  }
  override letIn(who: User | Caller): void {
    this.letInWas.push(who);
  }
}

/** The modules of this package on a real server without a socket, beside further controllers. */
export async function startAdmin(
  tenancy: Tenancy,
  clock: Clock,
  options: { controllers?: Type[]; publicUrl?: string } = {},
): Promise<{ app: NestFastifyApplication; settings: TestSettings }> {
  const settings = new TestSettings(options.publicUrl ?? 'http://localhost:3000');
  const providers = [
    ...tenancyProviders(tenancy, new Access(tenancy, settings, clock)),
    { provide: Clock, useValue: clock },
    { provide: Logger, useValue: new SilentLogger() },
  ];
  @Global()
  @Module({ providers, exports: providers.map(({ provide }) => provide) })
  class Platform {}
  @Module({ imports: [Platform, AccessModule, TenantAdminModule], controllers: options.controllers ?? [] })
  class Root {}
  const app = await NestFactory.create<NestFastifyApplication>(Root, new FastifyAdapter(), {
    logger: false,
    abortOnError: false,
  });
  app.useGlobalFilters(new Problems());
  app.useGlobalPipes(
    new StandardSchemaValidationPipe({
      exceptionFactory: (issues) =>
        new CdpError('invalid', 'Not valid.', {
          errors: issues.map(({ path, message }) => ({ path: (path ?? []).map(String).join('.'), message })),
        }),
    }),
  );
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return { app, settings };
}

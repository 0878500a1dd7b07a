import 'reflect-metadata';
import type { Clock, Logger } from '@cdp/core/kernel';
import { AccessModule } from '@cdp/tenant-admin-api';
import helmet from '@fastify/helmet';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from './config/index.js';
import { addRequestHooks, createFastify, ProblemFilter, RouteTable, validationPipe } from './http/index.js';
import { PagesController } from './http/pages/pages.controller.js';
import { OpenApiController, ReferencePages } from './openapi/index.js';
import { Health, NestLogger, OperationsController } from './operations/index.js';
import { ROLES } from './roles/roles.js';
import { firstStart, type Welcome } from './wiring/first-start.js';
import { concretePort } from './wiring/free-port.js';
import { openPlatform, type Platform, urlOf } from './wiring/platform.js';
import { platformModule } from './wiring/platform.module.js';

/** Connections that may wait to be accepted: bursts of short-lived clients must not be refused. */
const BACKLOG = 4_096;

@Module({ controllers: [OperationsController, OpenApiController, PagesController] })
class ServerModule {}

function serverModule(platform: Platform, health: Health, reference: ReferencePages): DynamicModule {
  const roles = ROLES.filter(({ name }) => platform.config.roles.includes(name));
  const imports = [platformModule(platform, health), AccessModule, ...roles.map(({ module }) => module)];
  return { module: ServerModule, imports, providers: [{ provide: ReferencePages, useValue: reference }] };
}

/** A server that listens. */
export interface Server {
  /** Where it listens, such as `http://127.0.0.1:3000`. */
  url: string;
  /** How to get in, as far as it can be told; of a process with the role `admin`. */
  welcome: Welcome | undefined;
  platform: Platform;
  app: NestFastifyApplication;
  routes: RouteTable;
  /** Stops intake, finishes what is under way, commits, closes the stores. */
  close(): Promise<void>;
}

export interface ServerOptions {
  config: Config;
  logger: Logger;
  clock?: Clock;
}

/** Opens the stores, starts the roles and listens. Rejects, with everything closed again, when any of it fails. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { logger } = options;
  const { http } = options.config;
  const config = { ...options.config, http: { ...http, port: await concretePort(http.port, http.host) } };
  const platform = await openPlatform({ ...options, config });
  let listening: NestFastifyApplication | undefined;
  try {
    const welcome = config.roles.includes('admin') ? await firstStart(platform) : undefined;
    const { app, health, routes } = await buildApp(platform);
    listening = app;
    await app.listen({ port: config.http.port, host: config.http.host, backlog: BACKLOG });
    const url = urlOf(config.http.host, config.http.port);
    for (const role of ROLES) if (config.roles.includes(role.name)) await role.start?.(platform);
    logger.info('Listening', { url, roles: config.roles.join(',') });
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      health.drain();
      await platform.liveTail.close();
      await platform.inboxFeed.close();
      await app.close();
      await platform.close();
    };
    return { url, welcome, platform, app, routes, close: () => (closing ??= close()) };
  } catch (error) {
    await listening?.close();
    await platform.close();
    throw error;
  }
}

async function buildApp(platform: Platform) {
  const { config, logger, metrics } = platform;
  const fastify = createFastify(config.http, logger);
  const routes = new RouteTable();
  routes.watch(fastify);
  for (const role of ROLES) if (config.roles.includes(role.name)) await role.doors?.(platform, fastify);
  addRequestHooks(fastify, logger, metrics);
  await fastify.register(helmet, { global: false });
  const health = new Health(platform.checks);
  const reference = new ReferencePages();
  const app = await NestFactory.create<NestFastifyApplication>(
    serverModule(platform, health, reference),
    // The adapter's type of instance fixes type parameters that ours leaves at their defaults.
    new FastifyAdapter(fastify as never),
    { bodyParser: false, logger: new NestLogger(logger), abortOnError: false },
  );
  app.useGlobalFilters(new ProblemFilter(logger, routes));
  app.useGlobalPipes(validationPipe());
  await app.init();
  reference.describe(app);
  return { app, health, routes };
}

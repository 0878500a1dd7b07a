import { Injectable, type OnModuleInit, RequestMethod } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { DECLARATION } from './declarations.js';

/** What Nest's decorators of methods, such as `@Get()`, leave on a handler. */
const METHOD = 'method';

/** A route that does not say who may call it fails the start, and not the first request. */
@Injectable()
export class RouteCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    const missing: string[] = [];
    for (const { metatype } of this.discovery.getControllers()) {
      if (!metatype) continue;
      const prototype = metatype.prototype as Record<string, unknown>;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name] as () => unknown;
        const method: RequestMethod | undefined = Reflect.getMetadata(METHOD, handler);
        if (method === undefined) continue;
        if (!this.reflector.getAllAndOverride(DECLARATION, [handler, metatype as () => unknown]))
          missing.push(`${metatype.name}.${name}`);
      }
    }
    if (missing.length > 0)
      throw new Error(
        `These routes do not declare who may call them with @Can, @CanOnPlatform, @LoggedIn or @Public: ${missing.join(', ')}.`,
      );
  }
}

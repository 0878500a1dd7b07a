import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Access } from './access.js';
import { DECLARATION, type Declaration } from './declarations.js';
import type { HttpRequest } from './http.js';

/** Asks for every request of a controller; nothing is let in that declares nothing. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly access: Access,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const declaration = this.reflector.getAllAndOverride<Declaration | undefined>(DECLARATION, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!declaration)
      throw new Error(`${context.getClass().name}.${context.getHandler().name} does not declare who may call it.`);
    await this.access.admit(context.switchToHttp().getRequest<HttpRequest>(), declaration);
    return true;
  }
}

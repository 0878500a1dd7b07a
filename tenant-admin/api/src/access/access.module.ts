import { AppDirectory } from '@cdp/core/tenancy';
import { Global, Module } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, DiscoveryModule } from '@nestjs/core';
import { AuditInterceptor } from '../requests/audit.interceptor.js';
import { IdempotencyInterceptor } from '../requests/idempotency.interceptor.js';
import { AccessGuard } from './access.guard.js';
import { PersonalView } from './personal-view.js';
import { RouteCheck } from './route-check.js';

/**
 * Guards every controller of the application it is imported into. Of a global module of the application it asks for what
 * `tenancyProviders` lists, and for Clock and Logger.
 */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    RouteCheck,
    {
      provide: PersonalView,
      inject: [AppDirectory],
      useFactory: (directory: AppDirectory) => new PersonalView(directory),
    },
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    { provide: APP_INTERCEPTOR, useClass: AuditInterceptor },
  ],
  exports: [PersonalView],
})
export class AccessModule {}

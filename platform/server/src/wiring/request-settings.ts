import { AccessSettings, type Caller, type User } from '@cdp/tenant-admin-api';
import { currentRequest } from '../operations/index.js';
import type { Platform } from './platform.js';

/** What the access layer is told of the platform, and tells it: who a request is from goes into its log lines. */
export class RequestSettings extends AccessSettings {
  readonly #platform: Platform;

  constructor(platform: Platform) {
    super();
    this.#platform = platform;
  }

  override get publicUrl(): string {
    return this.#platform.publicUrl;
  }

  override letIn(who: User | Caller): void {
    const request = currentRequest();
    if (!request) return;
    request.userId = who.principal.account.id;
    if ('tenantId' in who) request.tenantId = who.tenantId;
  }
}

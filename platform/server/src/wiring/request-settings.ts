import { AccessSettings, type Caller, type User } from '@cdp/tenant-admin-api';
import { currentRequest } from '../operations/index.js';

/** Who a request is from goes into its log lines. */
export class RequestSettings extends AccessSettings {
  constructor(override readonly publicUrl: string) {
    super();
  }

  override letIn(who: User | Caller): void {
    const request = currentRequest();
    if (!request) return;
    request.userId = who.principal.account.id;
    if ('tenantId' in who) request.tenantId = who.tenantId;
  }
}

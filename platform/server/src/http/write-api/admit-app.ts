import type { IngestApp } from '@cdp/core/ingest';
import { CdpError } from '@cdp/core/kernel';
import type { AppCredentials } from '@cdp/core/tenancy';

/** The app as the door wants to know it. */
export function ingestAppOf(app: AppCredentials): IngestApp {
  const { eventsPerSecond, eventsPerDay } = app.limits;
  return {
    tenantId: app.tenantId,
    id: app.appId,
    eventsPerSecond: eventsPerSecond ?? undefined,
    eventsPerDay: eventsPerDay ?? undefined,
  };
}

/** A key that stands in the open can only write; what reads back, or takes files, needs an app with a secret. */
export function requireServerApp(app: AppCredentials): AppCredentials {
  if (app.kind === 'server') return app;
  throw new CdpError('forbidden', 'The key of a public app can only write events; use that of a server app.');
}

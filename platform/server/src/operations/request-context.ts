import { AsyncLocalStorage } from 'node:async_hooks';

/** What every log line written while a request is served says about it. */
export interface RequestContext {
  correlationId: string;
  /** Of the caller's W3C trace context, when it sent one. */
  traceId?: string;
  tenantId?: string;
  appId?: string;
  userId?: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

export const currentRequest = (): RequestContext | undefined => storage.getStore();

export const runInRequest = <T>(context: RequestContext, run: () => T): T => storage.run(context, run);

import type { Page, PageRequest } from '../kernel/index.js';
import type { App } from './app.js';

/** The apps of tenants. Deleted ones stay as records: events of the past name them. */
export abstract class AppStore {
  abstract insert(tenantId: string, app: App): Promise<void>;

  /** Undefined where there is none or it is deleted. */
  abstract get(tenantId: string, appId: string): Promise<App | undefined>;

  /** Replaces the record and its secrets where its version is `expectedVersion`; false when it has moved on. */
  abstract replace(tenantId: string, app: App, expectedVersion: number): Promise<boolean>;

  /** Those that are not deleted, by id. */
  abstract list(tenantId: string, page: PageRequest): Promise<Page<App>>;
}

import type { App } from './app.js';
import type { Tenant } from './tenant.js';

export interface TenancyChanges {
  /** Where the next call goes on from. */
  position: number;
  tenants: Tenant[];
  /** Deleted ones too, so that they are taken out. */
  apps: App[];
}

/** What changed among all tenants and apps: the platform's own view, behind the directory that every request asks. */
export abstract class TenancyFeed {
  /**
   * The present state of every tenant and app that changed after `position` (0: all there are). A change that was committed
   * before the call is in its answer or in an earlier one. Cheap when nothing changed.
   */
  abstract changes(position: number): Promise<TenancyChanges>;
}

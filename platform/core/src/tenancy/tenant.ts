import type { TenantSettingsPatch } from './tenant-settings.js';

/**
 * `suspended`: its apps are refused and nothing is sent, its data stays. `deleted`: gone for everyone; its data is being or
 * has been removed, and its keys destroyed.
 */
export type TenantState = 'active' | 'suspended' | 'deleted';

export interface Tenant {
  id: string;
  name: string;
  state: TenantState;
  /** What the tenant decided; `resolveSettings` fills in the rest. */
  settings: TenantSettingsPatch;
  /** Grows by one with every change. */
  version: number;
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
  /** When everything it had was removed, after it was deleted. */
  erasedAt: number | null;
}

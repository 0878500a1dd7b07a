/** Removes what one store holds of a tenant that was deleted. Registered by whoever owns the store. */
export abstract class TenantEraser {
  /** Of the store, for the receipt. */
  abstract readonly name: string;

  /** Removes everything of the tenant. May be run again after a crash, and finds less to do then. */
  abstract erase(tenantId: string): Promise<void>;
}

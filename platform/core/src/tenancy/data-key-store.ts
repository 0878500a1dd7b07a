/** A tenant's key for its secrets, wrapped by a master key: without that it opens nothing. */
export interface WrappedKey {
  /** Small and unique in the tenant; named in everything sealed by it. */
  id: string;
  wrapped: Uint8Array;
  /** Which master key wrapped it. */
  masterKeyId: string;
  /** Epoch milliseconds. */
  createdAt: number;
}

export abstract class DataKeyStore {
  /** All of a tenant, the newest last. */
  abstract all(tenantId: string): Promise<WrappedKey[]>;

  /** False when the id is taken: someone else made it first. */
  abstract insert(tenantId: string, key: WrappedKey): Promise<boolean>;

  /** Puts the same key under another master key. */
  abstract rewrap(tenantId: string, key: WrappedKey): Promise<void>;

  /** Destroys them: what they sealed can never be opened again. */
  abstract destroy(tenantId: string): Promise<void>;

  /** Tenants with a key that another master key than `masterKeyId` wrapped. For the change of master keys. */
  abstract wrappedByOthers(masterKeyId: string): Promise<string[]>;
}

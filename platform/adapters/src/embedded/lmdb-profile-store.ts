import { CdpError, invalid } from '@cdp/core/kernel';
import { emptyDocument, type ProfileDocument, ProfileStore } from '@cdp/core/profile';
import type { Bytes, LmdbState } from './lmdb-state.js';
import { ProfileCodec, storedVersion } from './profile-codec.js';
import { tenantKey } from './tenant-numbers.js';

const MAX_ID_BYTES = 1_024;

/** Documents in LMDB under (tenant number, id); ids are ordered by their UTF-8 bytes. */
export class LmdbProfileStore extends ProfileStore {
  readonly #state: LmdbState;
  readonly #documents: Bytes;
  readonly #codec: ProfileCodec;
  /** Versions on their way to the disk, by tenant number and id: reads of the environment do not see them yet. */
  readonly #inFlight = new Map<string, number>();
  #closed = false;

  constructor(state: LmdbState) {
    super();
    this.#state = state;
    this.#documents = state.database('profiles');
    this.#codec = new ProfileCodec(state.database('profile-words'));
  }

  override async get(tenantId: string, id: string): Promise<ProfileDocument | undefined> {
    this.#assertOpen();
    const tenant = this.#state.tenants.find(tenantId);
    return tenant === undefined ? undefined : this.#read(tenantId, tenant, id);
  }

  override async getMany(tenantId: string, ids: readonly string[]): Promise<(ProfileDocument | undefined)[]> {
    this.#assertOpen();
    const tenant = this.#state.tenants.find(tenantId);
    return ids.map((id) => (tenant === undefined ? undefined : this.#read(tenantId, tenant, id)));
  }

  override async putMany(tenantId: string, documents: readonly ProfileDocument[]): Promise<string[]> {
    this.#assertOpen();
    if (documents.length === 0) return [];
    const tenant = this.#state.tenants.assign(tenantId);
    const refused: string[] = [];
    const writes = new Map<string, { key: Buffer; value: Buffer; version: number }>();
    for (const document of documents) {
      if (document.tenantId !== tenantId) throw invalid('tenantId', `document ${document.id} is of another tenant`);
      const name = `${tenant}/${document.id}`;
      const key = writableKey(tenant, document.id);
      const standing = writes.get(name)?.version ?? this.#inFlight.get(name) ?? this.#versionAt(key);
      if (standing !== undefined && standing >= document.version) refused.push(document.id);
      else writes.set(name, { key, value: this.#codec.encode(tenant, document), version: document.version });
    }
    await this.#write(writes);
    return refused;
  }

  override async scan(tenantId: string, after: string | undefined, limit: number): Promise<ProfileDocument[]> {
    this.#assertOpen();
    const tenant = this.#state.tenants.find(tenantId);
    if (tenant === undefined) return [];
    const documents: ProfileDocument[] = [];
    const range = {
      start: after === undefined ? tenantKey(tenant, 0) : keyOf(tenant, after),
      end: tenantKey(tenant + 1, 0),
      exclusiveStart: after !== undefined,
      limit,
    };
    for (const { value } of this.#documents.getRange(range))
      documents.push(this.#codec.decode(tenantId, tenant, value, value.length));
    return documents;
  }

  override async erase(tenantId: string, id: string, version: number): Promise<void> {
    await this.putMany(tenantId, [tombstone(tenantId, id, version)]);
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    this.#assertOpen();
    const tenant = this.#state.tenants.find(tenantId);
    if (tenant === undefined) return;
    await this.#state.removeRange(this.#documents, tenantKey(tenant, 0), tenantKey(tenant + 1, 0));
    await this.#state.write(() => this.#codec.forget(tenant));
  }

  override async close(): Promise<void> {
    this.#closed = true;
    await this.#state.settled();
  }

  #read(tenantId: string, tenant: number, id: string): ProfileDocument | undefined {
    if (!isStorableId(id)) return undefined;
    const bytes = this.#documents.getBinaryFast(keyOf(tenant, id)) as Buffer | undefined;
    return bytes && this.#codec.decode(tenantId, tenant, bytes, bytes.length);
  }

  #versionAt(key: Buffer): number | undefined {
    const bytes = this.#documents.getBinaryFast(key) as Buffer | undefined;
    return bytes && storedVersion(bytes);
  }

  async #write(writes: Map<string, { key: Buffer; value: Buffer; version: number }>): Promise<void> {
    if (writes.size === 0) return;
    for (const [name, { version }] of writes) this.#inFlight.set(name, version);
    try {
      await this.#state.write(() => {
        for (const { key, value } of writes.values()) void this.#documents.put(key, value);
      });
    } finally {
      for (const [name, { version }] of writes) if (this.#inFlight.get(name) === version) this.#inFlight.delete(name);
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new CdpError('unavailable', 'The profile store is closed.', { retryAfter: 5 });
    this.#state.assertOpen();
  }
}

// Text with lone surrogates has no UTF-8 of its own: two such ids could fall on one key.
const isStorableId = (id: string): boolean =>
  id.length > 0 && id.length <= MAX_ID_BYTES && id.isWellFormed() && Buffer.byteLength(id) <= MAX_ID_BYTES;

function keyOf(tenant: number, id: string): Buffer {
  const key = tenantKey(tenant, Buffer.byteLength(id));
  key.write(id, 4);
  return key;
}

function writableKey(tenant: number, id: string): Buffer {
  if (!isStorableId(id)) throw invalid('id', `must be well-formed text of 1 to ${MAX_ID_BYTES} bytes`);
  return keyOf(tenant, id);
}

const tombstone = (tenantId: string, id: string, version: number): ProfileDocument => ({
  ...emptyDocument(tenantId, id, 0),
  version,
  state: 'erased',
});

import { invalid } from '@cdp/core/kernel';
import { emptyDocument, type ProfileDocument, ProfileStore } from '@cdp/core/profile';
import { profileFields } from './audience/index.js';
import type { BulkItem } from './bulk-writer.js';
import { deleteFound } from './delete-found.js';
import { documentId, routingOf } from './document-id.js';
import type { Elastic } from './elastic.js';
import { away, unreadable } from './elastic-error.js';
import { type Query, search } from './search.js';

export interface ElasticProfileStoreOptions {
  /** The partition of `cdp.events.enriched` that a profile's records are in. */
  partitionOf: (profileId: string) => number;
}

interface StoredProfile {
  tenantId: string;
  profileId: string;
  /**
   * JSON of the whole, as a text: the server's own parser would stumble over what deep or odd values a stranger may choose,
   * and write some of them otherwise.
   */
  document: string;
}

const MAX_ID_BYTES = 1_024;
const MOST_AT_ONCE = 1_000;
const DOOR_PAGE = 100;

/**
 * Documents in one index, each with the searchable fields of its traits beside it. Its version in the index is that of the document,
 * so that the server itself refuses an older one, whoever writes. Reads by id are of what is written, not of what is searchable;
 * `scan` and `deleteTenant` make searchable first what there is.
 */
export class ElasticProfileStore extends ProfileStore {
  readonly #elastic: Elastic;
  readonly #index: string;
  readonly #partitionOf: (profileId: string) => number;
  #closed = false;

  constructor(elastic: Elastic, { partitionOf }: ElasticProfileStoreOptions) {
    super();
    this.#elastic = elastic;
    this.#index = elastic.index('profiles_v1');
    this.#partitionOf = partitionOf;
  }

  override async get(tenantId: string, id: string): Promise<ProfileDocument | undefined> {
    return (await this.getMany(tenantId, [id]))[0];
  }

  override async getMany(tenantId: string, ids: readonly string[]): Promise<(ProfileDocument | undefined)[]> {
    this.#assertOpen();
    const found = new Map<string, ProfileDocument>();
    const wanted = [...new Set(ids)].filter(isStorableId);
    for (let from = 0; from < wanted.length; from += MOST_AT_ONCE)
      await this.#read(tenantId, wanted.slice(from, from + MOST_AT_ONCE), found);
    return ids.map((id) => found.get(id));
  }

  override async putMany(tenantId: string, documents: readonly ProfileDocument[]): Promise<string[]> {
    this.#assertOpen();
    const refused: string[] = [];
    const newest = new Map<string, ProfileDocument>();
    for (const document of documents) {
      if (document.tenantId !== tenantId) throw invalid('tenantId', `document ${document.id} is of another tenant`);
      if (!isStorableId(document.id)) throw invalid('id', `must be well-formed text of 1 to ${MAX_ID_BYTES} bytes`);
      const other = newest.get(document.id);
      if (other !== undefined && other.version >= document.version) refused.push(document.id);
      else newest.set(document.id, document);
    }
    const writes = [...newest.values()];
    const outcomes = await this.#elastic.bulk.write(this.#itemsOf(writes));
    outcomes.forEach((outcome, at) => {
      if (outcome === 'conflict') refused.push((writes[at] as ProfileDocument).id);
    });
    return refused;
  }

  override async scan(tenantId: string, after: string | undefined, limit: number): Promise<ProfileDocument[]> {
    this.#assertOpen();
    // Once for a walk over all: what is written while it lasts may come along or not.
    if (after === undefined) await this.#refresh();
    const documents: ProfileDocument[] = [];
    let last = after;
    while (documents.length < limit) {
      const size = Math.min(limit - documents.length, MOST_AT_ONCE);
      const { hits } = await search<StoredProfile>(this.#elastic, {
        index: this.#index,
        routing: routingOf(tenantId),
        body: {
          query: ofTenant(tenantId),
          sort: [{ profileId: 'asc' }],
          size,
          ...(last !== undefined && { search_after: [last] }),
        },
      });
      for (const { _source } of hits.hits) documents.push(documentOf(_source as StoredProfile));
      if (hits.hits.length < size) break;
      last = documents[documents.length - 1]?.id;
    }
    return documents;
  }

  override async erase(tenantId: string, id: string, version: number): Promise<void> {
    await this.putMany(tenantId, [{ ...emptyDocument(tenantId, id, 0), version, state: 'erased' }]);
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    this.#assertOpen();
    await this.#refresh();
    await deleteFound(this.#elastic, { index: this.#index, tenantId, query: ofTenant(tenantId) });
  }

  override async close(): Promise<void> {
    this.#closed = true;
  }

  async #read(tenantId: string, ids: readonly string[], found: Map<string, ProfileDocument>): Promise<void> {
    // More than a page at a door would show is a batch's, which can wait while the cluster is busy.
    const patience = ids.length <= DOOR_PAGE ? 'answer' : 'work';
    const { docs } = await this.#elastic[patience]((client, bounds) =>
      client.mget<StoredProfile>(
        { index: this.#index, routing: routingOf(tenantId), ids: ids.map((id) => documentId(tenantId, id)) },
        bounds,
      ),
    );
    for (const item of docs) {
      if ('error' in item) throw unreadable(item.error);
      if (!item.found || item._source === undefined) continue;
      if (item._source.tenantId === tenantId) found.set(item._source.profileId, documentOf(item._source));
    }
  }

  *#itemsOf(documents: readonly ProfileDocument[]): Generator<BulkItem> {
    for (const document of documents) {
      const { tenantId, id, version } = document;
      const fields = profileFields(document, { partition: this.#partitionOf(id) });
      yield {
        action: 'index',
        index: this.#index,
        id: documentId(tenantId, id),
        routing: routingOf(tenantId),
        version: { number: version, type: 'external' },
        source: JSON.stringify({ ...fields, document: JSON.stringify(document) }),
        title: id,
      };
    }
  }

  async #refresh(): Promise<void> {
    await this.#elastic.work((client, bounds) => client.indices.refresh({ index: this.#index }, bounds));
  }

  #assertOpen(): void {
    if (this.#closed) throw away('The profile store is closed.');
  }
}

const ofTenant = (tenantId: string): Query => ({ bool: { filter: { term: { tenantId } } } });

const documentOf = ({ document }: StoredProfile): ProfileDocument => JSON.parse(document) as ProfileDocument;

// Text with lone surrogates has no UTF-8 of its own: it could neither be searched nor be put in order.
const isStorableId = (id: string): boolean =>
  id.length > 0 && id.length <= MAX_ID_BYTES && id.isWellFormed() && Buffer.byteLength(id) <= MAX_ID_BYTES;

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { EventStore, HistoryQuery, ProfileDocument, ProfileStore, StoredEvent } from '@cdp/core/profile';
import { Client, type estypes } from '@elastic/elasticsearch';
import { engineAddress } from '../../../testing/index.js';
import { eventFields } from '../event-fields.js';
import { profileFields } from '../profile-fields.js';

const mappingsOf = (file: string): estypes.MappingTypeMapping => {
  const url = new URL(`../../../../../../infra/elasticsearch/${file}`, import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { template: { mappings: estypes.MappingTypeMapping } }).template
    .mappings;
};

const AT_ONCE = 1_000;

/** Documents and events on the real engine under names of their own, written as the stores write what rules look at. */
export class AudienceDocuments {
  readonly client = new Client({ node: engineAddress('CDP_ELASTICSEARCH_URL') });
  readonly prefix = `spec-${randomBytes(6).toString('hex')}-`;
  readonly #documents = new Map<string, ProfileDocument>();
  readonly #events = new Map<string, StoredEvent[]>();

  async create(): Promise<this> {
    const events = mappingsOf('event-fields.json');
    await this.#index('profiles_v1', mappingsOf('profile-fields.json'), 3);
    await this.#index(
      'events_v1-all',
      {
        ...events,
        properties: {
          ...events.properties,
          tenantId: { type: 'keyword' },
          profileId: { type: 'keyword' },
          name: { type: 'keyword' },
          type: { type: 'keyword' },
          timestamp: { type: 'date', format: 'epoch_millis' },
        },
      },
      2,
    );
    return this;
  }

  /** Newer ones in place of older ones. */
  async put(tenantId: string, documents: readonly ProfileDocument[], partition = 0): Promise<void> {
    const newer = documents.filter((document) => {
      const key = `${tenantId}/${document.id}`;
      if ((this.#documents.get(key)?.version ?? 0) >= document.version) return false;
      this.#documents.set(key, document);
      return true;
    });
    await this.#write(
      'profiles_v1',
      tenantId,
      newer.map((document) => ({
        id: `${tenantId}/${document.id}`,
        version: document.version,
        fields: profileFields({ ...document, tenantId }, { partition }),
      })),
    );
  }

  async append(tenantId: string, events: readonly StoredEvent[]): Promise<void> {
    for (const event of events) {
      const key = `${tenantId}/${event.profileId}`;
      const history = this.#events.get(key) ?? [];
      history.push(event);
      this.#events.set(key, history);
    }
    await this.#write(
      'events_v1-all',
      tenantId,
      events.map((event) => ({
        id: `${tenantId}/${event.messageId}`,
        version: 1,
        fields: {
          tenantId,
          profileId: event.profileId,
          name: event.name,
          type: event.type,
          timestamp: event.timestamp,
          ...eventFields(tenantId, event),
        },
      })),
    );
  }

  async erase(tenantId: string, profileId: string): Promise<void> {
    this.#documents.delete(`${tenantId}/${profileId}`);
    const index = `${this.prefix}profiles_v1`;
    await this.client.delete(
      { index, id: `${tenantId}/${profileId}`, routing: tenantId, refresh: true },
      { ignore: [404] },
    );
  }

  async deleteTenant(tenantId: string): Promise<void> {
    for (const key of [...this.#documents.keys()])
      if (key.startsWith(`${tenantId}/`)) await this.erase(tenantId, key.slice(tenantId.length + 1));
  }

  readonly profiles: Pick<ProfileStore, 'getMany'> = {
    getMany: async (tenantId, ids) => ids.map((id) => this.#documents.get(`${tenantId}/${id}`)),
  };

  readonly events: Pick<EventStore, 'history'> = {
    history: async (tenantId: string, queries: readonly HistoryQuery[]) =>
      new Map(
        queries.map(({ profileId, eventNames, since }) => [
          profileId,
          (this.#events.get(`${tenantId}/${profileId}`) ?? []).filter(
            ({ name, timestamp }) => eventNames.includes(name) && timestamp >= since,
          ),
        ]),
      ),
  };

  async remove(): Promise<void> {
    await this.client.indices.delete({
      index: ['profiles_v1', 'events_v1-all'].map((name) => this.prefix + name),
      ignore_unavailable: true,
    });
    await this.client.close();
  }

  async #index(name: string, mappings: estypes.MappingTypeMapping, shards: number): Promise<void> {
    await this.client.indices.create({
      index: this.prefix + name,
      settings: { number_of_shards: shards, number_of_replicas: 0, refresh_interval: '-1' },
      mappings: { dynamic: 'strict', ...mappings },
    });
  }

  async #write(
    name: string,
    tenantId: string,
    rows: readonly { id: string; version: number; fields: object }[],
  ): Promise<void> {
    for (let from = 0; from < rows.length; from += AT_ONCE) {
      const operations = rows
        .slice(from, from + AT_ONCE)
        .flatMap(({ id, version, fields }) => [
          { index: { _id: id, routing: tenantId, version, version_type: 'external_gte' as const } },
          fields,
        ]);
      const { errors, items } = await this.client.bulk({ index: this.prefix + name, operations });
      const failed = items.find(({ index }) => index?.error && index.status !== 409);
      if (errors && failed) throw new Error(JSON.stringify(failed));
    }
  }
}

import { ManualClock, UuidIds } from '@cdp/core/kernel';
import type { ProfileDocument } from '@cdp/core/profile';
import { describeAudienceContract } from '@cdp/core/segment/contract';
import { SqlSegmentMembers } from '../../sql/index.js';
import { mysqlHome } from '../../sql/testing/mysql-home.js';
import { ElasticEventStore } from '../elastic-event-store.js';
import { ElasticProfileStore } from '../elastic-profile-store.js';
import { elasticHome } from '../testing/index.js';
import { ElasticAudience, type ElasticAudienceParts } from './index.js';

/** Beside the stores that write before the audience is told: the contract knows of no others. */
class AudienceWithStores extends ElasticAudience {
  readonly #profiles: ElasticProfileStore;

  constructor(parts: ElasticAudienceParts & { profiles: ElasticProfileStore }) {
    super(parts);
    this.#profiles = parts.profiles;
  }

  override async project(tenantId: string, documents: readonly ProfileDocument[]): Promise<void> {
    await this.#profiles.putMany(
      tenantId,
      documents.map((document) => ({ ...document, tenantId })),
    );
  }

  override async erase(tenantId: string, profileId: string): Promise<void> {
    await this.#profiles.erase(tenantId, profileId, 1_000);
    await super.erase(tenantId, profileId);
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    await this.#profiles.deleteTenant(tenantId);
    await super.deleteTenant(tenantId);
  }
}

describeAudienceContract('Elasticsearch and MySQL', async () => {
  const db = await mysqlHome.open();
  const home = await elasticHome();
  const members = new SqlSegmentMembers(db, new UuidIds(new ManualClock(0)));
  return {
    open: async () => {
      const elastic = home.open();
      const profiles = new ElasticProfileStore(elastic, { partitionOf: () => 0 });
      return new AudienceWithStores({ elastic, profiles, events: new ElasticEventStore(elastic), members });
    },
    remove: async () => {
      await home.remove();
      await db.close();
    },
  };
});

import { ManualClock, UuidIds } from '@cdp/core/kernel';
import type { ProfileDocument } from '@cdp/core/profile';
import { describeAudienceContract } from '@cdp/core/segment/contract';
import { SqlSegmentMembers } from '../../sql/index.js';
import { mysqlHome } from '../../sql/testing/mysql-home.js';
import { ElasticAudience } from './index.js';
import { AudienceDocuments } from './testing/index.js';

/** The stores of profiles and events write before the audience is told: here the contract has no others. */
class AudienceWithDocuments extends ElasticAudience {
  readonly #documents: AudienceDocuments;

  constructor(documents: AudienceDocuments, members: SqlSegmentMembers) {
    const { client, prefix, profiles, events } = documents;
    super({ client, prefix, profiles, events, members });
    this.#documents = documents;
  }

  override project(tenantId: string, documents: readonly ProfileDocument[]): Promise<void> {
    return this.#documents.put(tenantId, documents);
  }

  override async erase(tenantId: string, profileId: string): Promise<void> {
    await this.#documents.erase(tenantId, profileId);
    await super.erase(tenantId, profileId);
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    await this.#documents.deleteTenant(tenantId);
    await super.deleteTenant(tenantId);
  }
}

describeAudienceContract('Elasticsearch and MySQL', async () => {
  const db = await mysqlHome.open();
  const documents = await new AudienceDocuments().create();
  const members = new SqlSegmentMembers(db, new UuidIds(new ManualClock(0)));
  return {
    open: async () => new AudienceWithDocuments(documents, members),
    remove: async () => {
      await documents.remove();
      await db.close();
    },
  };
});

import { describeProfileStoreContract } from '@cdp/core/profile/contract';
import { ElasticProfileStore } from './elastic-profile-store.js';
import { elasticHome } from './testing/index.js';

const partitionOf = () => 0;

describeProfileStoreContract('Elasticsearch', async () => {
  const home = await elasticHome();
  return { open: async () => new ElasticProfileStore(home.open(), { partitionOf }), remove: home.remove };
});

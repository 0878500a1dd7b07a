import { describeEventStoreContract } from '@cdp/core/profile/contract';
import { ElasticEventStore } from './elastic-event-store.js';
import { elasticHome } from './testing/index.js';

describeEventStoreContract('Elasticsearch', async () => {
  const home = await elasticHome();
  return { open: async () => new ElasticEventStore(home.open()), remove: home.remove };
});

export { describeCacheContract } from './cache.contract.js';
export { describeLeasesContract, type LeasesHome } from './leases.contract.js';
export { describeWorkQueueContract } from './work-queue.contract.js';

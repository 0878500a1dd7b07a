export { describeCacheContract } from './cache.contract.js';
export { describeWorkQueueContract } from './work-queue.contract.js';

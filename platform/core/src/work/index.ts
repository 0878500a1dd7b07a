export { Cache } from './cache.js';
export { Leases } from './leases.js';
export { type Job, type JobHandler, type ProcessOptions, type Worker, WorkQueue } from './work-queue.js';

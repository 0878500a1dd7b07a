export { describeEventLogContract } from './event-log.contract.js';
export type { EventLogHome, EventLogOpening } from './event-log-home.contract.js';

export { BatchRunner, pause } from './batch-runner.js';
export { GroupMember, type MembersGroup } from './group-member.js';
export { assertKey, assertName, assertRoom, sizeOf } from './log-limits.js';
export { News } from './news.js';
export { partitionOf } from './partition-of.js';

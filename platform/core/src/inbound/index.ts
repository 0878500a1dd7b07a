export { type DedupeEntry, Deduper, type FirstSeen } from './deduper.js';

export { type DeduperHome, describeDeduperContract } from './deduper.contract.js';

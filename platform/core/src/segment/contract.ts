export { type DueIndexHome, describeDueIndexContract } from './due-index.contract.js';

export { addProfileReads } from './profile-reads.js';

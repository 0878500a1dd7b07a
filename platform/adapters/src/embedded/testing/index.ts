export { type TemporaryFolder, temporaryFolder } from './temporary-folder.js';

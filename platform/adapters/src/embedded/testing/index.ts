export { stateHome } from './state-home.js';
export { type TemporaryFolder, temporaryFolder } from './temporary-folder.js';

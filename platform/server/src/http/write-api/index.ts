export { type AdmittedApp, AppGate, type Presented, type Purpose, type RequestSignature } from './app-gate.js';
export { DirectoryAppGate } from './directory-app-gate.js';
export { addWriteApi, type WriteApi } from './write-api.js';
export { WRITE_ROUTES, type WriteRoute } from './write-routes.js';

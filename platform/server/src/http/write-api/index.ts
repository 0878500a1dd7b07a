export { AppAuthenticator } from './app-authenticator.js';
export { allowOrigin, denyOrigin, preflight } from './cors.js';
export { importView } from './import-view.js';
export { shownBy } from './shown-credentials.js';
export { addWriteApi, type WriteApi } from './write-api.js';
export { WRITE_ROUTES, type WriteRoute } from './write-routes.js';

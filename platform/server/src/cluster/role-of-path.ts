import type { RoleName } from '../config/index.js';

const TRACK = /^\/(t\/|callbacks\/|v1\/inbox(\/|$))/;
const ADMIN = /^\/(api\/v1\/|admin(\/|$)|docs(\/|$)|openapi\.json$|$)/;

/** Which role answers a path: what an ingress has to know of the platform. What nobody answers goes where most requests go. */
export function roleOfPath(path: string): RoleName {
  if (TRACK.test(path)) return 'track';
  return ADMIN.test(path) ? 'admin' : 'ingest';
}

import type { OpenApiRoute } from '../builders/open-api-routes.js';
import type { FurnishedTenant } from './furnished-tenant.js';

/** How a route is asked for another tenant's things. */
export interface RoutePlan {
  /** The path with the other tenant's ids in it. */
  path: string;
  body?: unknown;
  /**
   * `refused`: the path names a thing of the other tenant, so the answer is 403 or 404. `apart`: it names none; whatever is
   * answered is of the caller's own tenant.
   */
  expect: 'refused' | 'apart';
}

type Body = (other: FurnishedTenant) => unknown;

/** Valid bodies, so that what refuses the request is the id and not its form; where they can, they name the other's things. */
const BODIES: Record<string, Body> = {
  aggregates_create: () => ({ name: 'seen', event: 'Seen', measure: 'count' }),
  aggregates_update: () => ({ name: 'taken', event: 'Taken', measure: 'count' }),
  apps_create: () => ({ name: 'App', kind: 'server' }),
  apps_update: () => ({ name: 'Taken' }),
  apps_rotate: () => ({}),
  auth_login: ({ personal }) => ({ email: personal, password: 'guessed' }),
  auth_changePassword: () => ({ currentPassword: 'guessed', newPassword: 'a password of tests alone' }),
  campaigns_create: ({ ids }) => campaignOf(ids),
  campaigns_update: () => ({ name: 'Taken' }),
  channels_create: () => ({ channel: 'email', name: 'Mail', config: { provider: 'local', from: 'b@example.com' } }),
  channels_update: () => ({ name: 'Taken' }),
  consent_put: () => ({ channel: 'email', topic: 'news', mode: 'opt_in' }),
  consent_set: () => ({ consents: [{ channel: 'email', status: 'denied' }] }),
  profiles_search: ({ ids, canary }) => ({
    rule: { any: [{ trait: 'plan', op: 'eq', value: canary }, { segment: ids.segments }] },
  }),
  profiles_merge: ({ profiles }) => ({ with: profiles.winner }),
  profiles_unmerge: ({ ids }) => ({ mergeId: ids.merges }),
  segments_create: ({ ids }) => ({ name: 'Nested', rule: { segment: ids.segments } }),
  segments_preview: ({ canary }) => ({ rule: { trait: 'plan', op: 'eq', value: canary } }),
  segments_update: () => ({ name: 'Taken' }),
  settings_update: () => ({ privacy: { identifierTypes: ['email'], fields: ['email'] } }),
  suppressions_add: () => ({ channel: 'email', address: 'never@example.com' }),
  templates_create: () => ({ channel: 'email', name: 'Mail', content: { subject: 'Hi', html: '<p>Hi</p>' } }),
  templates_update: () => ({ name: 'Taken' }),
  templates_preview: ({ profiles }) => ({ profileId: profiles.kept }),
  tenants_create: () => ({ name: 'Mine', owner: { email: 'mine@example.com' } }),
  tenants_update: () => ({ name: 'Taken' }),
  users_create: () => ({ email: 'someone@example.com', role: 'analyst' }),
  users_update: () => ({ role: 'owner' }),
};

/** Queries that name the other's things. */
const QUERIES: Record<string, (other: FurnishedTenant) => string> = {
  consent_remove: ({ canary }) => `channel=email&topic=${canary}`,
  suppressions_remove: ({ personal }) => `channel=email&address=never-${personal}`,
  profiles_list: ({ canary }) => `q=${canary}`,
  localInbox_list: ({ personal }) => `to=kept-${personal}`,
  segments_explain: ({ profiles }) => `profileId=${profiles.kept}`,
  auditLog_list: ({ ids }) => `resourceId=${ids.apps}`,
};

const campaignOf = (ids: FurnishedTenant['ids']): unknown => ({
  name: 'With the things of others',
  channelId: ids.channels,
  templateId: ids.templates,
  audience: { segmentId: ids.segments },
  schedule: { type: 'now' },
});

/** One call that fits all doors of the write API, about a person of the other tenant. */
const callOf = ({ canary }: FurnishedTenant): unknown => ({
  type: 'track',
  event: 'Intrusion',
  userId: `kept-${canary}`,
  messageId: `message-${canary}`,
});
const CALLS: Record<string, Body> = {
  users: ({ canary }) => ({ userId: `kept-${canary}`, traits: { plan: 'taken' } }),
  devices: ({ canary }) => ({ userId: `kept-${canary}`, token: `token-${canary}`, platform: 'android' }),
  events: callOf,
  alias: ({ canary }) => ({ userId: 'intruder', previousId: `kept-${canary}` }),
  group: ({ canary }) => ({ userId: `kept-${canary}`, groupId: 'intruders' }),
  batch: (other) => ({ batch: [callOf(other)] }),
};
/** Names by which the paths of the write API call what is written. */
const KINDS: Record<string, string> = { a: 'alias', g: 'group', b: 'batch', import: 'batch' };

/** The plan for a route, or undefined where nobody thought of one. */
export function planOf(route: OpenApiRoute, other: FurnishedTenant): RoutePlan | undefined {
  if (route.door === 'app') return planOfApp(route, other);
  const body = BODIES[route.operationId];
  if (route.body && !body) return undefined;
  const path = filled(route, other);
  if (path === undefined) return undefined;
  const query = QUERIES[route.operationId]?.(other);
  return {
    path: query === undefined ? path : `${path}?${query}`,
    ...(body ? { body: body(other) } : {}),
    expect: route.path.includes('{') ? 'refused' : 'apart',
  };
}

function planOfApp(route: OpenApiRoute, other: FurnishedTenant): RoutePlan | undefined {
  if (route.operationId.startsWith('inbox_')) return planOfInbox(route, other);
  if (route.method === 'GET' && route.path.includes('{')) {
    const path = filled(route, other);
    return path === undefined ? undefined : { path, expect: 'refused' };
  }
  const path = route.path.replace('{type}', 'track').replace('{token}', other.ids.devices as string);
  if (path.includes('{')) return undefined;
  if (route.method !== 'POST') return { path, expect: 'apart' };
  const last = path.split('/').at(-1) as string;
  const kind = path === '/v1/bulk/import' ? 'batch' : (KINDS[last] ?? last);
  return { path, body: (CALLS[kind] ?? callOf)(other), expect: 'apart' };
}

/** A person and a message of the other tenant; everything of its stream from the beginning. */
function planOfInbox(route: OpenApiRoute, { ids, canary }: FurnishedTenant): RoutePlan {
  const path = `${route.path.replace('{id}', ids.inbox as string)}?userId=kept-${canary}`;
  if (route.operationId === 'inbox_stream') return { path: `${path}&since=0`, expect: 'apart' };
  return { path, expect: route.path.includes('{') ? 'refused' : 'apart' };
}

/** The path with the ids of the collection that each parameter stands behind. */
function filled({ path }: OpenApiRoute, { ids }: FurnishedTenant): string | undefined {
  let missing = false;
  const whole = path.replaceAll(/([^/]+)\/\{[^}]+\}/g, (_, collection: string) => {
    const id = ids[collection === 'import' ? 'bulk' : collection];
    if (id === undefined) missing = true;
    return `${collection}/${encodeURIComponent(id ?? '')}`;
  });
  return missing ? undefined : whole;
}

/** Routes without a tenant of the caller, with the reason why nobody's things are to be asked for there. */
export const OPEN_ROUTES: Record<string, string> = {
  auth_login: 'the door itself',
  operations_alive: 'tells nothing of tenants',
  operations_ready: 'tells nothing of tenants',
  operations_scrape: 'tells figures of the whole',
  linkClick: 'the signed token is the permission',
  linkOpen: 'the signed token is the permission',
  linkUnsubscribePage: 'the signed token is the permission',
  linkUnsubscribe: 'the signed token is the permission',
  providerCallback: 'the signature of the provider is the permission',
  getV1ProjectsWriteKeySettings: 'the public key itself is what is asked with',
};

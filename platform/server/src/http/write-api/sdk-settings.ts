import { notFound } from '@cdp/core/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AdmittedApp } from './app-gate.js';
import { allowOrigin, preflight } from './cors.js';
import { presentedBy } from './credentials.js';
import type { WriteApi } from './write-api.js';

const SETTINGS_PATHS = ['/v1/projects/:writeKey/settings'];
const SOURCE_CONFIG_PATHS = ['/sourceConfig'];

/** What the browser SDKs of Segment and RudderStack fetch before they send anything. */
export function addSdkSettings(scope: FastifyInstance, { gate, publicUrl }: WriteApi): void {
  const find = (appKey: string): AdmittedApp => {
    const app = gate.find(appKey);
    if (!app) throw notFound('app key');
    return app;
  };
  for (const path of SETTINGS_PATHS)
    scope.get<{ Params: { writeKey: string } }>(path, async ({ params }) => {
      find(params.writeKey);
      return segmentSettings(params.writeKey, new URL(publicUrl()));
    });
  for (const path of SOURCE_CONFIG_PATHS)
    scope.get(path, async (request: FastifyRequest) => {
      const { appKey } = presentedBy(request, undefined, undefined);
      return rudderSourceConfig(appKey, find(appKey));
    });
  for (const path of [...SETTINGS_PATHS, ...SOURCE_CONFIG_PATHS])
    scope.options(path, (request, reply) => {
      allowOrigin(request, reply);
      preflight(request, reply);
    });
}

/** For `@segment/analytics-next`: every event goes to this platform, and to no third party from the page. */
const segmentSettings = (appKey: string, url: URL) => ({
  integrations: {
    'Segment.io': {
      apiKey: appKey,
      apiHost: `${url.host}${url.pathname.replace(/\/$/, '')}/v1`,
      protocol: url.protocol.replace(':', ''),
      unbundledIntegrations: [],
      addBundledMetadata: false,
      maybeBundledConfigIds: {},
    },
  },
  plan: {
    track: { __default: { enabled: true, integrations: {} } },
    identify: { __default: { enabled: true } },
    group: { __default: { enabled: true } },
  },
  edgeFunction: {},
  analyticsNextEnabled: true,
  middlewareSettings: {},
  enabledMiddleware: {},
  metrics: { sampleRate: 0 },
  legacyVideoPluginsEnabled: false,
  remotePlugins: [],
});

/** For `@rudderstack/analytics-js`: a source without device-mode destinations that reports nothing to its maker. */
const rudderSourceConfig = (appKey: string, app: AdmittedApp) => ({
  source: {
    id: app.id,
    name: app.name,
    writeKey: appKey,
    enabled: true,
    workspaceId: app.tenantId,
    config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
    destinations: [],
    connections: [],
    dataplanes: {},
  },
  updatedAt: new Date(0).toISOString(),
});

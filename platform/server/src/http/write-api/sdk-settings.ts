import { notFound } from '@cdp/core/kernel';
import type { AppCredentials } from '@cdp/core/tenancy';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { preflight } from './cors.js';
import { shownBy } from './shown-credentials.js';
import type { WriteApi } from './write-api.js';

const SETTINGS_PATHS = ['/v1/projects/:writeKey/settings'];
const SOURCE_CONFIG_PATHS = ['/sourceConfig'];

/** What the browser SDKs of Segment and RudderStack fetch before they send anything. */
export function addSdkSettings(scope: FastifyInstance, { authenticator, directory, publicUrl }: WriteApi): void {
  for (const path of SETTINGS_PATHS)
    scope.get<{ Params: { writeKey: string } }>(path, async ({ params }) => {
      if (!directory.find(params.writeKey)) throw notFound('app key');
      return segmentSettings(params.writeKey, new URL(publicUrl));
    });
  for (const path of SOURCE_CONFIG_PATHS)
    scope.get(path, async (request: FastifyRequest) => {
      return rudderSourceConfig(await authenticator.authenticate(shownBy(request, undefined, undefined)));
    });
  for (const path of [...SETTINGS_PATHS, ...SOURCE_CONFIG_PATHS]) scope.options(path, preflight);
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
const rudderSourceConfig = (app: AppCredentials) => ({
  source: {
    id: app.appId,
    name: app.name,
    writeKey: app.appKey,
    enabled: true,
    workspaceId: app.tenantId,
    config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
    destinations: [],
    connections: [],
    dataplanes: {},
  },
  updatedAt: new Date(0).toISOString(),
});

import { GuardedHttp, GuardedPluginHosts } from '@cdp/adapters/http';
import { sqlMessagingStores } from '@cdp/adapters/sql';
import { CAMPAIGN_QUEUE, deliveryQueue, TenantSendingPolicy } from '@cdp/core/campaign';
import { Inboxes, PluginRegistry } from '@cdp/core/delivery';
import { CdpError, type Clock, type Ids, type Logger } from '@cdp/core/kernel';
import type { AggregateValues, SegmentService } from '@cdp/core/segment';
import type { Tenancy } from '@cdp/core/tenancy';
import { type LinkKey, Messaging, type MessagingStores } from '@cdp/core/tracking';
import type { Plugin } from '@cdp/plugin-kit';
import type { Config } from '../config/index.js';
import type { Metrics } from '../operations/index.js';
import { EmailInboxes } from './email-inboxes.js';
import type { OpenThings } from './open-things.js';
import type { Stores } from './stores.js';

interface Parts {
  config: Config;
  publicUrl: string;
  stores: Stores;
  messagingStores: MessagingStores;
  tenancy: Tenancy;
  segments: SegmentService;
  aggregates: AggregateValues;
  clock: Clock;
  ids: Ids;
  logger: Logger;
  metrics: Metrics;
}

/** More than any number of processes could have sent before the next look. */
const COUNTED_PER_LANE = 100_000;

export const openMessagingStores = (stores: Stores, ids: Ids): MessagingStores => sqlMessagingStores(stores.db, ids);

/** Everything from consent to tracking. A plugin that does not fit stops the start. */
export async function openMessaging(parts: Parts, open: OpenThings) {
  const { config, publicUrl, stores, messagingStores, tenancy, segments, aggregates, clock, ids, logger, metrics } =
    parts;
  const { log, profiles, audience, identities, erasures, queue, folder } = stores;
  const http = new GuardedHttp({ privateNetwork: privateNetworkOf(config) });
  open.add('outbound HTTP', () => http.close());
  const inboxes = new Inboxes({ store: messagingStores.inbox, profiles, identities, erasures, clock });
  const hosts = new GuardedPluginHosts({ http, clock, logger, directory: folder.path('plugins'), inboxes });
  const plugins = new PluginRegistry(await loadPlugins(config.delivery.plugins));
  const messaging = new Messaging({
    stores: messagingStores,
    log,
    profiles,
    audience,
    aggregates,
    segmentState: (tenantId, segmentId) => stateOf(segments.get(tenantId, segmentId)),
    plugins,
    hosts,
    inboxes,
    identities,
    box: tenancy.box,
    policy: new TenantSendingPolicy(tenancy.stores.tenants),
    erasures,
    work: queue,
    cache: stores.cache,
    clock,
    ids,
    logger,
    links: { publicUrl, keys: linkKeys(tenancy) },
    alone: stores.alone,
    worker: { kinds: kindsToSendBy(config, plugins) },
  });
  open.add('messaging', () => messaging.stop());
  metrics.gauge(
    'cdp_queue_waiting_jobs',
    'Jobs that wait for a worker, those that are not due yet included.',
    'queue',
    async () => {
      const queues = [CAMPAIGN_QUEUE, ...plugins.channels().map(deliveryQueue)];
      return new Map(await Promise.all(queues.map(async (name) => [name, await queue.waiting(name)] as const)));
    },
  );
  metrics.gauge(
    'cdp_delivery_waiting_messages',
    `Messages that could be sent now and are not, by kind of channel; of one configuration ${COUNTED_PER_LANE} at the most.`,
    'channel',
    () => messagingStores.outbox.countDue(clock.now(), plugins.channels(), COUNTED_PER_LANE),
  );
  metrics.gauge(
    'cdp_unpublished_delivery_batches',
    'Batches of delivery events that are stored and not in the log yet.',
    undefined,
    () => messagingStores.outbox.countUnpublished(),
  );
  return { messaging, localInboxes: new EmailInboxes(hosts) };
}

/** Only a platform that nobody else can reach may reach what only its own machine and network can. */
function privateNetworkOf({ delivery, http }: Config): 'allow' | 'deny' {
  if (delivery.privateNetwork !== undefined) return delivery.privateNetwork;
  return /^(localhost|127(\.\d+){3}|::1)$/.test(http.host) ? 'allow' : 'deny';
}

function kindsToSendBy({ delivery }: Config, plugins: PluginRegistry): readonly string[] {
  const served = plugins.channels();
  const unserved = delivery.channels?.filter((kind) => !served.includes(kind)) ?? [];
  if (unserved.length > 0)
    throw new Error(
      `CDP_DELIVER_CHANNELS: no plugin of CDP_PLUGINS serves ${unserved.join(', ')}; there is ${served.join(', ')}.`,
    );
  return delivery.channels ?? served;
}

async function loadPlugins(names: readonly string[]): Promise<Plugin[]> {
  return Promise.all(
    names.map(async (name) => {
      try {
        const { plugin } = (await import(name)) as { plugin: Plugin };
        return plugin;
      } catch (cause) {
        throw new Error(`CDP_PLUGINS: the package ${name} cannot be loaded. Is it installed?`, { cause });
      }
    }),
  );
}

async function stateOf<State>(looked: Promise<{ segment: { state: State } }>): Promise<State | undefined> {
  try {
    return (await looked).segment.state;
  } catch (error) {
    if (error instanceof CdpError && error.code === 'not_found') return undefined;
    throw error;
  }
}

function linkKeys({ masters }: Tenancy): [LinkKey, ...LinkKey[]] {
  const [first, ...former] = masters
    .derived('message-links')
    .map(({ id, key }) => ({ id: id.slice(0, 8), secret: key }));
  if (!first) throw new Error('There is no master key.');
  return [first, ...former];
}

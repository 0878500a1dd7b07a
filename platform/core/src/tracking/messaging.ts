import {
  CampaignRunner,
  type CampaignRunnerOptions,
  CampaignService,
  type CampaignStore,
  MessageFactory,
  type MessageStore,
  type RenderLimits,
  type SegmentStateOf,
  type SendingPolicy,
  TemplateService,
  type TemplateStore,
} from '../campaign/index.js';
import { ConsentService, type ConsentStore, SuppressionService, type SuppressionStore } from '../consent/index.js';
import {
  CallbackService,
  ChannelDirectory,
  ChannelSecrets,
  ChannelService,
  type ChannelStore,
  DeliveryPublisher,
  DeliveryWorker,
  type DeliveryWorkerOptions,
  type Inboxes,
  type InboxStore,
  OpenChannels,
  type OutboxStore,
  type PluginHosts,
  type PluginRegistry,
  RecentSends,
  SendChecks,
  TestSender,
} from '../delivery/index.js';
import type { IdentityStore } from '../identity/index.js';
import type { Clock, Ids, Logger } from '../kernel/index.js';
import { type Consumer, type EventLog, TOPICS } from '../log/index.js';
import type { ErasureLedger, ProfileStore } from '../profile/index.js';
import type { AggregateValues, Audience } from '../segment/index.js';
import type { SecretBox } from '../tenancy/index.js';
import type { Cache, WorkQueue } from '../work/index.js';
import { CampaignReports } from './campaign-reports.js';
import { ConversionGoals } from './conversion-goals.js';
import { DeliveryFollower } from './delivery-follower.js';
import { EngagementFollower } from './engagement-follower.js';
import type { EngagementStore } from './engagement-store.js';
import { SignedLinks, type SignedLinksOptions } from './link-token.js';
import { MachineDetector, type MachineDetectorOptions } from './machine-detector.js';
import { TrackingService } from './tracking-service.js';

export interface MessagingStores {
  consents: ConsentStore;
  suppressions: SuppressionStore;
  templates: TemplateStore;
  campaigns: CampaignStore;
  messages: MessageStore;
  channels: ChannelStore;
  inbox: InboxStore;
  outbox: OutboxStore;
  engagements: EngagementStore;
}

export interface MessagingOptions {
  stores: MessagingStores;
  log: EventLog;
  profiles: ProfileStore;
  identities: IdentityStore;
  audience: Audience;
  aggregates: AggregateValues;
  /** Where a segment of the tenant stands; undefined when it has none of that id. */
  segmentState: SegmentStateOf;
  plugins: PluginRegistry;
  hosts: PluginHosts;
  inboxes: Inboxes;
  box: Pick<SecretBox, 'seal' | 'open' | 'prepare'>;
  policy: SendingPolicy;
  erasures: ErasureLedger;
  work: WorkQueue;
  /** Shared with the other processes, where there are any. */
  cache?: Cache | undefined;
  clock: Clock;
  ids: Ids;
  logger: Logger;
  links: SignedLinksOptions;
  /** No other process works on these stores: what a former one held when it ended is taken over at once. Default false. */
  alone?: boolean;
  limits?: RenderLimits;
  machines?: MachineDetectorOptions;
  runner?: CampaignRunnerOptions;
  worker?: DeliveryWorkerOptions;
}

/** Milliseconds for which sends are remembered, to tell machines that follow links at once. */
const SENDS_REMEMBERED_MS = 10_000;

/** Everything from consent to tracking, put together. Nothing runs before one of the `start…` calls; each stands for a role. */
export class Messaging {
  readonly consent: ConsentService;
  readonly suppressions: SuppressionService;
  readonly templates: TemplateService;
  readonly channels: ChannelService;
  readonly campaigns: CampaignService;
  readonly reports: CampaignReports;
  readonly callbacks: CallbackService;
  readonly tests: TestSender;
  readonly tracking: TrackingService;
  readonly runner: CampaignRunner;
  readonly worker: DeliveryWorker;
  readonly publisher: DeliveryPublisher;
  readonly #options: MessagingOptions;
  readonly #open: OpenChannels;
  readonly #delivered: DeliveryFollower;
  readonly #engaged: EngagementFollower;
  readonly #consumers: Consumer[] = [];
  #stops: (() => Promise<void>)[] = [];

  constructor(options: MessagingOptions) {
    this.#options = options;
    const {
      stores,
      log,
      profiles,
      identities,
      audience,
      aggregates,
      plugins,
      hosts,
      policy,
      work,
      clock,
      ids,
      logger,
    } = options;
    const catalog = new ChannelDirectory(plugins, stores.channels);
    const secrets = new ChannelSecrets(options.box);
    const links = new SignedLinks(options.links);
    const sends = new RecentSends(SENDS_REMEMBERED_MS, options.cache);

    this.consent = new ConsentService({ consents: stores.consents, identities, log, clock, logger });
    this.suppressions = new SuppressionService({ suppressions: stores.suppressions, clock });
    this.templates = new TemplateService({
      ...stores,
      channels: catalog,
      profiles,
      aggregates,
      clock,
      ids,
      ...(options.limits && { limits: options.limits }),
    });
    const { consent, suppressions, templates } = this;

    this.campaigns = new CampaignService({
      ...stores,
      templates,
      channels: catalog,
      segmentExists: async (tenantId, segmentId) => (await options.segmentState(tenantId, segmentId)) !== undefined,
      work,
      clock,
      ids,
    });
    const factory = new MessageFactory({
      profiles,
      aggregates,
      consent,
      suppressions,
      messages: stores.messages,
      links,
      clock,
    });
    this.runner = new CampaignRunner(
      {
        ...stores,
        templates,
        channels: catalog,
        factory,
        audience,
        segmentState: options.segmentState,
        policy,
        work,
        clock,
        ids,
        logger,
      },
      options.runner,
    );

    this.#open = new OpenChannels({ channels: stores.channels, plugins, secrets, hosts, logger });
    this.channels = new ChannelService({ ...stores, plugins, secrets, open: this.#open, work, clock, ids });
    this.tests = new TestSender({ campaigns: this.campaigns, templates, open: this.#open, ids });
    this.publisher = new DeliveryPublisher({ outbox: stores.outbox, log, logger });
    const { publisher } = this;
    const checks = new SendChecks({ campaigns: stores.campaigns, consent, suppressions });
    this.worker = new DeliveryWorker(
      {
        ...stores,
        plugins,
        open: this.#open,
        checks,
        suppressions,
        policy,
        publisher,
        sends,
        work,
        clock,
        ids,
        logger,
      },
      options.worker,
    );
    this.callbacks = new CallbackService({ ...stores, open: this.#open, suppressions, consent, publisher, clock });

    const machines = new MachineDetector(sends, options.machines);
    this.tracking = new TrackingService({ links, machines, consent, campaigns: stores.campaigns, log, clock, ids });
    this.reports = new CampaignReports({ ...stores, clock });
    this.#delivered = new DeliveryFollower({ sends, clock });
    this.#engaged = new EngagementFollower({
      ...stores,
      goals: new ConversionGoals({ campaigns: stores.campaigns, clock }),
      consent,
      suppressions,
      inboxes: options.inboxes,
      erasures: options.erasures,
      clock,
    });
  }

  /** Role `campaign`: fires campaigns and makes their messages. */
  async startCampaigns(): Promise<void> {
    if (this.#options.alone) await this.#options.stores.campaigns.expireLeases();
    await this.consent.publishPending();
    await this.runner.start();
    this.#stops.push(() => this.runner.stop());
  }

  /** Role `deliver`: sends what waits. */
  async startDelivery(): Promise<void> {
    const { alone, stores, clock } = this.#options;
    if (alone) await stores.outbox.expireLeases(clock.now());
    await this.worker.start();
    this.#stops.push(() => this.worker.stop());
  }

  /** Role `track`: turns what happens to messages into events, and events into figures. */
  async startTracking(): Promise<void> {
    const { log } = this.#options;
    this.#consumers.push(
      await log.consume({ group: 'delivery-events', topic: TOPICS.delivery, handler: this.#delivered.handle }),
      await log.consume({ group: 'engagement', topic: TOPICS.enriched, handler: this.#engaged.handle }),
    );
  }

  /** The consumers that `startTracking` began, for whoever waits until all is counted. */
  get consumers(): readonly Consumer[] {
    return this.#consumers;
  }

  /** Takes no more in, finishes what is under way, and closes the channels. The stores and the log stay open. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) await stop();
    await Promise.all(this.#consumers.splice(0).map((consumer) => consumer.stop()));
    await this.publisher.stop();
    await this.#open.close();
  }

  /** Removes all that messaging holds of a deleted tenant. */
  async eraseTenant(tenantId: string): Promise<void> {
    for (const store of Object.values(this.#options.stores) as { deleteTenant(id: string): Promise<void> }[])
      await store.deleteTenant(tenantId);
  }
}

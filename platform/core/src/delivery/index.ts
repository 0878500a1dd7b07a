export { CallbackService, type CallbackServiceDeps } from './callback-service.js';
export {
  type ChannelConfiguration,
  type ChannelPatch,
  type ChannelView,
  channelPatchSchema,
  type NewChannel,
  newChannelSchema,
} from './channel-configuration.js';
export { ChannelHealth, type ChannelHealthOptions } from './channel-health.js';
export { ChannelSecrets } from './channel-secrets.js';
export { ChannelDirectory, ChannelService, type ChannelServiceDeps } from './channel-service.js';
export { ChannelStore } from './channel-store.js';
export type { DeliveryEvent, DeliveryEventType } from './delivery-event.js';
export type { LaneDeps, LaneOptions } from './delivery-lane.js';
export { DeliveryPublisher } from './delivery-publisher.js';
export { DeliveryWorker, type DeliveryWorkerDeps, type DeliveryWorkerOptions } from './delivery-worker.js';
export { INBOX_MARKS, type InboxMark, type InboxMessage, type NewInboxMessage } from './inbox-message.js';
export { type InboxQuery, InboxStore } from './inbox-store.js';
export { Inboxes, type InboxesDeps } from './inboxes.js';
export { OpenChannels, type OpenChannelsDeps, type OpenedChannel } from './open-channels.js';
export {
  type LaneRef,
  type LeasedMessage,
  type LeaseRequest,
  OutboxStore,
  type ReportedChange,
  type Settlement,
} from './outbox-store.js';
export { type HostCall, PluginHosts } from './plugin-hosts.js';
export { type PluginInfo, PluginRegistry } from './plugin-registry.js';
export { RecentSends } from './recent-sends.js';
export { type RetryOptions, RetrySchedule } from './retry-schedule.js';
export { SendChecks, type SendChecksDeps } from './send-checks.js';
export { type TestSend, TestSender } from './test-sender.js';

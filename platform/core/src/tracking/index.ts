export { type CampaignReport, CampaignReports } from './campaign-reports.js';
export { ConversionGoals } from './conversion-goals.js';
export { DeliveryFollower } from './delivery-follower.js';
export { EngagementFollower, type EngagementFollowerDeps } from './engagement-follower.js';
export {
  ENGAGEMENTS,
  type Engagement,
  type EngagementCount,
  EngagementStore,
  type EngagementType,
  type LinkCount,
} from './engagement-store.js';
export { type InboxChange, InboxFeed, type InboxFeedOptions, type InboxListener } from './inbox-feed.js';
export { type InboxPage, InboxService, type InboxServiceDeps } from './inbox-service.js';
export { type LinkKey, type LinkKind, type OpenedLink, SignedLinks, type SignedLinksOptions } from './link-token.js';
export { MachineDetector, type MachineDetectorOptions, type MachineReason, type Visit } from './machine-detector.js';
export { type MessageOfEvent, MessagesOfEvent } from './messages-of-event.js';
export { Messaging, type MessagingOptions, type MessagingStores } from './messaging.js';
export { OPEN_PIXEL, TrackingService, type TrackingServiceDeps, type UnsubscribePage } from './tracking-service.js';

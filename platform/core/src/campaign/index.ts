export {
  CAMPAIGN_STATES,
  type Campaign,
  type CampaignPatch,
  type CampaignRun,
  type CampaignState,
  type Conversion,
  campaignPatchSchema,
  type NewCampaign,
  newCampaignSchema,
  type Schedule,
} from './campaign.js';
export { CAMPAIGN_QUEUE, deliveryQueue, laneJob, runJob } from './campaign-queues.js';
export {
  CampaignRunner,
  type CampaignRunnerDeps,
  type CampaignRunnerOptions,
  type SegmentStateOf,
} from './campaign-runner.js';
export { CampaignService, type CampaignServiceDeps } from './campaign-service.js';
export { type CampaignRefOf, CampaignStore, type FannedOut } from './campaign-store.js';
export { ChannelCatalog, type ChannelRef } from './channel-catalog.js';
export { CompiledTemplate, type UndefinedField } from './compiled-template.js';
export { ContentSkeleton, type MessageBody } from './content-skeleton.js';
export {
  DEFAULT_RENDER_LIMITS,
  LiquidEngine,
  type RenderLimits,
  TemplateError,
  type UndefinedVariable,
} from './liquid-template.js';
export {
  type CampaignMessage,
  LIVE_STATES,
  MESSAGE_STATES,
  type MessageState,
  type NewMessage,
  SKIP_REASONS,
  type SkipReason,
} from './message.js';
export { MessageFactory, type MessageFactoryDeps, type RunContext } from './message-factory.js';
export { MessageIds } from './message-id.js';
export { MessageLinks, type MessageRef } from './message-links.js';
export { MessageStore, type StateCount } from './message-store.js';
export { type FrequencyCap, SendingPolicy, type SendingRules } from './sending-policy.js';
export {
  type NewTemplate,
  newTemplateSchema,
  type Template,
  type TemplatePatch,
  templatePatchSchema,
} from './template.js';
export { type Preview, TemplateService, type TemplateServiceDeps } from './template-service.js';
export { TemplateStore } from './template-store.js';
export { TenantSendingPolicy } from './tenant-sending-policy.js';

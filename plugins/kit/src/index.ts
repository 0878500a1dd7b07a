export type { CallbackRequest, DeliveryEvent } from './callback.js';
export type { Channel, ChannelUrls, PersonIdentifier, SetupStep, TestResult } from './channel.js';
export { type FieldTemplate, secret, templated } from './field.js';
export {
  type Host,
  HostError,
  type HostErrorCode,
  type HostFetch,
  type HostLogger,
  type HostRequest,
  type HostResponse,
  isHostError,
  type ResolvedAddress,
} from './host.js';
export type { HostInbox, InboxEntry } from './inbox.js';
export { type ContentField, contentFields, type JsonSchema, toJsonSchema } from './json-schema.js';
export { type AddressSource, type Capabilities, type Manifest, manifestSchema } from './manifest.js';
export type { Message, MessageLinks } from './message.js';
export {
  type ChannelTrouble,
  type Later,
  later,
  type Outcome,
  type Refused,
  refused,
  type Sent,
  sent,
  type Unknown,
  unknown,
} from './outcome.js';
export { definePlugin, type Plugin } from './plugin.js';
export { toReason } from './reason.js';
export { retryAfterMs } from './retry-after.js';
export { maskSecrets, SECRET_MASK, secretPaths, secretValues, unmaskSecrets } from './secrets.js';
export { KIT_VERSION, satisfiesKit } from './version.js';

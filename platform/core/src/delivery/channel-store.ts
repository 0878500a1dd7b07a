import type { Page, PageRequest } from '../kernel/index.js';
import type { ChannelConfiguration } from './channel-configuration.js';

/** Configurations of channels. A tenant sees its own alone. */
export abstract class ChannelStore {
  abstract insert(tenantId: string, channel: ChannelConfiguration): Promise<void>;
  abstract get(tenantId: string, id: string): Promise<ChannelConfiguration | undefined>;
  abstract replace(tenantId: string, channel: ChannelConfiguration, expectedVersion: number): Promise<boolean>;
  /** By id. */
  abstract list(tenantId: string, page: PageRequest): Promise<Page<ChannelConfiguration>>;
  abstract delete(tenantId: string, id: string): Promise<boolean>;

  /** Whose configuration it is: a provider's callback names nothing else. */
  abstract tenantOf(channelId: string): Promise<string | undefined>;

  /** Notes the begin of a time of failures; the first begin stays. */
  abstract noteFailing(tenantId: string, id: string, since: number): Promise<void>;
  /** Ends it. */
  abstract noteWorking(tenantId: string, id: string): Promise<void>;
  /** Also a change: the version grows. */
  abstract disable(tenantId: string, id: string, reason: string, at: number): Promise<void>;

  abstract deleteTenant(tenantId: string): Promise<void>;
}

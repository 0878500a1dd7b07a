import { z } from 'zod';
import type { JsonObject } from '../kernel/index.js';

/** A plugin as one tenant set it up. Times are epoch milliseconds. */
export interface ChannelConfiguration {
  id: string;
  channel: string;
  /** Name of the plugin. */
  plugin: string;
  name: string;
  /** What the plugin's schema asks for, sealed. Read it by `ChannelService`. */
  sealedConfig: string;
  state: 'enabled' | 'disabled';
  /** Why the platform, or a person, disabled it. */
  disabledReason?: string | undefined;
  /** Since when nothing but failures came back. */
  failingSince?: number | undefined;
  /** Grows by one with every change of what a channel is opened with. */
  version: number;
  createdAt: number;
  updatedAt: number;
}

/** The same as it may be shown: secrets are masked. */
export interface ChannelView extends Omit<ChannelConfiguration, 'sealedConfig'> {
  config: JsonObject;
}

const name = z.string().trim().min(1).max(200);
const config = z.record(z.string(), z.json());

export const newChannelSchema = z.strictObject({
  channel: z.string().min(1).max(40),
  /** May be left out where the channel has one plugin. */
  plugin: z.string().min(1).max(40).optional(),
  name,
  config,
});
export const channelPatchSchema = z.strictObject({
  name: name.optional(),
  /** The whole configuration; a masked secret means: as it was. */
  config: config.optional(),
  state: z.enum(['enabled', 'disabled']).optional(),
});

export type NewChannel = z.infer<typeof newChannelSchema>;
export type ChannelPatch = z.infer<typeof channelPatchSchema>;

import { z } from 'zod';
import type { JsonObject } from '../kernel/index.js';

/** What messages are made of. Each change is a new version; a run keeps the version that it was launched with. */
export interface Template {
  id: string;
  /** What people are reached by, such as `email`. */
  channel: string;
  /** Name of the plugin whose content this is. */
  plugin: string;
  name: string;
  /** Starts at 1 and grows by one with every change. */
  version: number;
  /** As the plugin's content schema wants it, with Liquid in the fields that are templates. */
  content: JsonObject;
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
}

const name = z.string().trim().min(1).max(200);
const content = z.record(z.string(), z.json());

export const newTemplateSchema = z.strictObject({
  channel: z.string().min(1).max(40),
  /** May be left out where the channel has one plugin. */
  plugin: z.string().min(1).max(40).optional(),
  name,
  content,
});
export const templatePatchSchema = z.strictObject({ name: name.optional(), content: content.optional() });

export type NewTemplate = z.infer<typeof newTemplateSchema>;
export type TemplatePatch = z.infer<typeof templatePatchSchema>;

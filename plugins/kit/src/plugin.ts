import type { z } from 'zod';
import type { Channel } from './channel.js';
import type { Host } from './host.js';
import { type Manifest, manifestSchema } from './manifest.js';

/** A way to reach people, as data and functions. */
export interface Plugin<Config extends z.ZodType = z.ZodType, Content extends z.ZodType = z.ZodType> {
  manifest: Manifest;
  /**
   * What a tenant enters to use it; an object, or a union of objects. Draws the console's form. Mark a field by {@link secret} and it
   * is encrypted at rest, masked in every answer and redacted in logs. Must convert to JSON Schema: no transforms, no dates.
   */
  config: Config;
  /**
   * What a message contains, as an object. Draws the template editor; mark the fields that are templates by {@link templated}. The
   * same schema checks the template when it is saved and the message when it is rendered.
   */
  content: Content;
  /**
   * Makes a channel of one tenant's configuration, which the schema has checked. Connects to nothing yet: a provider that is down is
   * no reason to fail. Throws, with a sentence for the tenant, when this configuration can never work here.
   */
  open(config: z.output<Config>, host: Host): Channel<z.output<Content>> | Promise<Channel<z.output<Content>>>;
}

/** Checks the manifest and keeps the types together. A plugin package exports what this gives back as `plugin`. */
export function definePlugin<Config extends z.ZodType, Content extends z.ZodType>(
  plugin: Plugin<Config, Content>,
): Plugin<Config, Content> {
  manifestSchema.parse(plugin.manifest);
  return Object.freeze({ ...plugin });
}

import { z } from 'zod';

/**
 * How the platform finds the recipient in a profile, without knowing the channel. A profile where it finds nothing is skipped and
 * counted as `no_address`. Leave `address` out for a channel that needs none, such as a webhook to one URL.
 */
export type AddressSource =
  /** The trait of this name, or else the identifier of this type, as a non-empty string. */
  | { trait: string }
  /** The push token of each device of these platforms: one message a device. */
  | { device: ('ios' | 'android' | 'web')[] };

export interface Capabilities {
  /** The most messages that `send` takes in one call. Left out: 1. */
  batch?: { max: number } | undefined;
  /** The provider reports what became of a message by callback: the channel has `verifyCallback` and `readCallback`. */
  receipts: boolean;
  attachments: boolean;
  /**
   * The receiver drops a message whose id it has seen, so an attempt with an unknown end may be repeated with the same id. Without it
   * the platform asks `reconcile`, and without that too it leaves such a message `unknown`.
   */
  idempotent: boolean;
}

/** What the platform and its console show and check before anything of the plugin runs. */
export interface Manifest {
  /** Unique in a platform: `a-z 0-9 -`. Configurations of the channel name it, so it never changes. */
  name: string;
  /** Semantic version of the plugin. */
  version: string;
  /** What people send by: `email`, `sms`, `push`, `webhook` … Several plugins may serve one channel. */
  channel: string;
  /** The kit it was written against, as a caret range: `^1`. */
  kit: string;
  displayName: string;
  /** An emoji or an SVG document. */
  icon?: string | undefined;
  /** URL of its documentation. */
  docs?: string | undefined;
  address?: AddressSource | undefined;
  capabilities: Capabilities;
}

const slug = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'Lower-case letters, digits and hyphens, 40 at most.');

export const manifestSchema: z.ZodType<Manifest> = z.strictObject({
  name: slug,
  version: z.string().regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'A semantic version such as 1.2.3.'),
  channel: slug,
  kit: z.string().regex(/^\^\d+(\.\d+){0,2}$/, 'A caret range such as ^1.'),
  displayName: z.string().min(1).max(60),
  icon: z.string().min(1).optional(),
  docs: z.url().optional(),
  address: z
    .union([
      z.strictObject({ trait: z.string().min(1) }),
      z.strictObject({ device: z.array(z.enum(['ios', 'android', 'web'])).min(1) }),
    ])
    .optional(),
  capabilities: z.strictObject({
    batch: z.strictObject({ max: z.int().min(1).max(10_000) }).optional(),
    receipts: z.boolean(),
    attachments: z.boolean(),
    idempotent: z.boolean(),
  }),
});

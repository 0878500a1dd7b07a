import { templated } from '@cdp/plugin-kit';
import { z } from 'zod';

/** The specification advises less than 20 KB; this is where a mistake begins. */
const LONGEST_BODY = 256 * 1024;

export const webhookContentSchema = z.strictObject({
  body: templated(
    z
      .union([z.string().min(1).max(LONGEST_BODY), z.record(z.string(), z.json()), z.array(z.json())])
      .refine((body) => typeof body === 'string' || JSON.stringify(body).length <= LONGEST_BODY, 'At most 256 KB.')
      .meta({
        title: 'Body',
        description:
          'JSON whose strings are templates, so that whatever a person is called it stays JSON; or text, where values are put as they are (use the filter json).',
      }),
    { syntax: 'liquid-text' },
  ),
});

export type WebhookContent = z.output<typeof webhookContentSchema>;

import { templated } from '@cdp/plugin-kit';
import { z } from 'zod';
import { expiresInSchema } from './expires-in.js';

const LONGEST_DATA = 8 * 1024;

/** Browsers leave blanks and control characters out of an address before they look at its scheme. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is left out
const IGNORED = /[\u0000-\u0020\u007f]/g;
const RUNS_CODE = /^(javascript|data|vbscript|blob|file):/i;
const PICTURE = /^(https?:\/\/|\{[{%])/i;

const leadsSomewhere = (url: string): boolean => !RUNS_CODE.test(url.replaceAll(IGNORED, ''));

/**
 * What a template holds, and after rendering what a message holds. Links may be of any app (`shop://orders/7`, `/orders/7`), but for
 * those that run code: a front end is likely to put them into a page as they are.
 */
export const inAppContentSchema = z.strictObject({
  title: templated(z.string().min(1).max(200).meta({ title: 'Title' }), { syntax: 'liquid-text' }),
  body: templated(
    z.string().min(1).max(10_000).meta({ title: 'Text', description: 'Plain text, or whatever the app makes of it.' }),
    { syntax: 'liquid-text' },
  ),
  image: templated(
    z
      .string()
      .max(2_000)
      .refine((url) => url === '' || PICTURE.test(url), 'The address of a picture: https://…')
      .optional()
      .meta({ title: 'Picture', description: 'https://…; rendered to nothing, the message has none.' }),
    { syntax: 'liquid-text' },
  ),
  action: templated(
    z
      .strictObject({
        label: z.string().min(1).max(100).meta({ title: 'Button' }),
        url: z.string().min(1).max(2_000).refine(leadsSomewhere, 'This kind of address is not allowed.').meta({
          title: 'Link',
          description: 'https://…, a path, or a link into the app such as shop://orders.',
        }),
      })
      .optional()
      .meta({ title: 'Action', description: 'What the message asks for.' }),
    { syntax: 'liquid-text' },
  ),
  data: templated(
    z
      .record(z.string(), z.json())
      .refine((data) => JSON.stringify(data).length <= LONGEST_DATA, 'At most 8 KB.')
      .optional()
      .meta({ title: 'Data', description: 'JSON for the app itself; every text in it is a template.' }),
    { syntax: 'liquid-text' },
  ),
  expiresIn: expiresInSchema.optional().meta({
    title: 'Expires in',
    description: 'How long it stays in the inbox: 15m, 12h, 30d. Left out: as the channel says.',
  }),
});

export type InAppContent = z.output<typeof inAppContentSchema>;

import { templated } from '@cdp/plugin-kit';
import { z } from 'zod';

const body = z.string().min(1).max(1_000_000);

/** What a template holds, and after rendering (MJML became HTML, a missing text part was made) what a message holds. */
export const emailContentSchema = z
  .strictObject({
    subject: templated(z.string().min(1).max(998).meta({ title: 'Subject' }), { syntax: 'liquid-text' }),
    html: templated(body.optional().meta({ title: 'HTML' }), { syntax: 'liquid-html', track: ['links', 'opens'] }),
    mjml: templated(body.optional().meta({ title: 'MJML' }), {
      syntax: 'mjml',
      into: 'html',
      track: ['links', 'opens'],
    }),
    text: templated(body.optional().meta({ title: 'Text', description: 'Left out, it is made of the HTML.' }), {
      syntax: 'liquid-text',
      plainTextOf: 'html',
      track: ['links'],
    }),
    preheader: templated(
      z.string().max(250).optional().meta({ title: 'Preheader', description: 'What inboxes show after the subject.' }),
      { syntax: 'liquid-text' },
    ),
  })
  .superRefine((content, context) => {
    if (content.html !== undefined && content.mjml !== undefined) {
      context.addIssue({ code: 'custom', path: ['mjml'], message: 'Either html or mjml, not both.' });
    }
    if (content.html === undefined && content.mjml === undefined && content.text === undefined) {
      context.addIssue({ code: 'custom', path: ['html'], message: 'An e-mail needs html, mjml or text.' });
    }
  });

export type EmailContent = z.output<typeof emailContentSchema>;

import type { z } from 'zod';

/** Marks a field of a configuration as secret: encrypted at rest, masked in every answer, redacted in logs. */
export const secret = <Schema extends z.ZodType>(schema: Schema): Schema =>
  schema.meta({ ...schema.meta(), secret: true });

/** How the platform makes a field of the message out of a field of the template. */
export interface FieldTemplate {
  /**
   * `liquid-text`: Liquid, values as they are. `liquid-html`: Liquid, values HTML-escaped. `mjml`: Liquid with values HTML-escaped,
   * within MJML, which is compiled to HTML. In a field that is not a string, every string inside it is a template.
   */
  syntax: 'liquid-text' | 'liquid-html' | 'mjml';
  /** The result goes into this field instead, which is then not given itself. `mjml` goes `into: 'html'`. */
  into?: string | undefined;
  /** When the field is absent it is made as plain text of this HTML field. */
  plainTextOf?: string | undefined;
  /** `links`: destinations lead through the platform, which counts clicks. `opens`: a counting pixel is added (HTML alone). */
  track?: ('links' | 'opens')[] | undefined;
}

/** Marks a field of the content as a template that the platform renders for each person. Fields without it go through as they are. */
export const templated = <Schema extends z.ZodType>(schema: Schema, template: FieldTemplate): Schema =>
  schema.meta({ ...schema.meta(), template });

import { PLACEHOLDERS, protectLiquid } from './liquid-source.js';
import { TemplateError } from './liquid-template.js';

/** Elements whose content is text or HTML, where Liquid may stand as it is. */
const HOLDS_TEXT = new Set([
  'mj-text',
  'mj-button',
  'mj-table',
  'mj-raw',
  'mj-title',
  'mj-preview',
  'mj-style',
  'mj-navbar-link',
  'mj-social-element',
  'mj-accordion-title',
  'mj-accordion-text',
]);

/**
 * MJML with Liquid in it becomes HTML with the same Liquid in it. Liquid between structural elements, such as a loop around
 * columns, keeps its place: MJML drops text there unless it is raw.
 *
 * @throws TemplateError naming line and mistake. Includes of files are refused.
 */
export async function compileMjml(source: string): Promise<string> {
  const { text, restore } = protectLiquid(source);
  if (/<mj-include\b/i.test(text)) throw new TemplateError('mj-include is not supported: a template stands alone.');
  // Loaded when first needed: it takes longer than the rest of the platform to start.
  const { default: mjml } = await import('mjml');
  let result: Awaited<ReturnType<typeof mjml>>;
  try {
    result = await mjml(rawBetweenElements(text), { validationLevel: 'soft', keepComments: false, fonts: {} });
  } catch (error) {
    throw new TemplateError(error instanceof Error ? (error.message.split('\n')[0] as string) : String(error));
  }
  // An attribute that is Liquid has no valid value yet: that is not a mistake.
  const mistakes = result.errors.filter((one) => !hasPlaceholder(one.message));
  const first = mistakes[0];
  if (first) throw new TemplateError(`line ${first.line}, ${first.tagName}: ${first.message}`);
  return restore(result.html.replace(/[ \t]+$/gm, '').replace(/\n{2,}/g, '\n'));
}

const hasPlaceholder = (text: string): boolean => text.search(PLACEHOLDERS) >= 0;

function rawBetweenElements(text: string): string {
  let textElement: string | undefined;
  return text.replace(
    /<!--[\s\S]*?-->|<(\/?)(mj[\w-]*)\b(?:"[^"]*"|'[^']*'|[^>"'])*?(\/?)>|\u{f0000}\d+\u{f0001}/gu,
    (piece: string, closing: string | undefined, name: string | undefined, empty: string | undefined) => {
      if (name === undefined) return piece.startsWith('<!--') || textElement ? piece : `<mj-raw>${piece}</mj-raw>`;
      if (closing === '/' && name === textElement) textElement = undefined;
      else if (closing !== '/' && empty !== '/' && !textElement && HOLDS_TEXT.has(name)) textElement = name;
      return piece;
    },
  );
}

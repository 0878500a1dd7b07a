import { compile } from 'html-to-text';
import { protectLiquid } from './liquid-source.js';

const convert = compile({
  wordwrap: false,
  selectors: [
    { selector: 'a', options: { linkBrackets: ['(', ')'], hideLinkHrefIfSameAsText: true } },
    { selector: 'img', format: 'skip' },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
});

/** A plain-text template made once of an HTML template: the Liquid in it stays, and is rendered without HTML escaping. */
export function plainTextOf(htmlSource: string): string {
  const { text, restore } = protectLiquid(htmlSource);
  return restore(
    convert(text)
      .replace(/\n{3,}/g, '\n\n')
      .trim(),
  );
}

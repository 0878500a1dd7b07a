/** Liquid in a text: `{{ … }}`, `{% … %}`, and the whole of `{% raw %}` and `{% comment %}` blocks. */
const LIQUID = /\{%-?\s*(raw|comment)\s*-?%\}[\s\S]*?\{%-?\s*end\1\s*-?%\}|\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g;

/** Letters of a private-use plane frame the number: no parser of HTML, XML or CSS gives them a meaning, and no author types them. */
const OPEN = '\u{f0000}';
const CLOSE = '\u{f0001}';
const PLACEHOLDER = /\u{f0000}(\d+)\u{f0001}/gu;

export interface ProtectedSource {
  /** The text with a placeholder for every piece of Liquid. */
  text: string;
  pieces: string[];
  /** Puts the pieces back. */
  restore(text: string): string;
}

/** Takes the Liquid out of a text, so that it passes through something that knows nothing of it. */
export function protectLiquid(source: string): ProtectedSource {
  const pieces: string[] = [];
  const text = source
    .replace(/[\u{f0000}\u{f0001}]/gu, '')
    .replace(LIQUID, (piece) => `${OPEN}${pieces.push(piece) - 1}${CLOSE}`);
  return {
    text,
    pieces,
    restore: (passed) => passed.replace(PLACEHOLDER, (_, index: string) => pieces[Number(index)] ?? ''),
  };
}

const PLACEHOLDER_SPLIT = /\u{f0000}\d+\u{f0001}/u;

export const PLACEHOLDERS: RegExp = PLACEHOLDER;

/** The text around the Liquid: what every rendering of the template is likely to contain, piece by piece. */
export const textAroundLiquid = (source: string): string[] => protectLiquid(source).text.split(PLACEHOLDER_SPLIT);

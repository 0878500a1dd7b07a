/**
 * Where simple case folding (Unicode CaseFolding.txt, status C and S) parts ways with upper- and then lower-casing one
 * code point: dotless i is no i, and three pairs are the same letter to folding alone.
 */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['\u0131', '\u0131'],
  ['\u1fd3', '\u0390'],
  ['\u1fe3', '\u03b0'],
  ['\ufb05', '\ufb06'],
]);

const ASCII = /^[\0-\x7f]*$/;

/** Upper- or lower-casing that yields several code points (ß to SS) is no simple mapping: the code point stays. */
const simple = (mapped: string, original: string): string =>
  mapped.length <= codePointLength(mapped) ? mapped : original;

const codePointLength = (text: string): number => ((text.codePointAt(0) as number) > 0xffff ? 2 : 1);

function foldCodePoint(character: string): string {
  const exception = EXCEPTIONS.get(character);
  if (exception !== undefined) return exception;
  const upper = simple(character.toUpperCase(), character);
  return simple(upper.toLowerCase(), upper);
}

/**
 * Text without regard to case: two texts are the same but for case exactly when they fold to the same text. One code
 * point folds to one, as the `iu` flags of regular expressions do it.
 */
export function foldCase(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  let folded = '';
  for (const character of text) folded += foldCodePoint(character);
  return folded;
}

/** Every code point that does not fold to itself, with what it folds to: for engines that must fold in their own language. */
export function caseFoldings(): Map<string, string> {
  const foldings = new Map<string, string>();
  for (let code = 0; code < 0x20000; code++) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const character = String.fromCodePoint(code);
    const folded = foldCodePoint(character);
    if (folded !== character) foldings.set(character, folded);
  }
  return foldings;
}

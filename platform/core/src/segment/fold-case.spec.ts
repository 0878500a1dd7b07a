import { describe, expect, it } from '@jest/globals';
import { caseFoldings, foldCase } from './fold-case.js';

const cased: string[] = [];
for (let code = 0; code < 0x110000; code++) {
  if (code >= 0xd800 && code < 0xe000) continue;
  const character = String.fromCodePoint(code);
  if (/\p{Changes_When_Casemapped}|\p{Changes_When_Casefolded}/u.test(character)) cased.push(character);
}

describe('simple case folding', () => {
  it('takes two code points for one exactly where regular expressions without regard to case do', () => {
    const byFolding = Map.groupBy(cased, foldCase);
    const all = cased.join('');
    for (const character of cased) {
      const escaped = `\\u{${character.codePointAt(0)?.toString(16)}}`;
      const same = all.match(new RegExp(escaped, 'giu')) ?? [];
      expect({ character, same: byFolding.get(foldCase(character)) }).toEqual({ character, same: [...same] });
    }
  });

  it('names every code point that does not stay as it is, and leaves the others', () => {
    const foldings = caseFoldings();
    for (const character of cased) expect(foldings.get(character) ?? character).toBe(foldCase(character));
    for (const [character, folded] of foldings) {
      expect([...folded]).toHaveLength(1);
      expect(foldCase(folded)).toBe(folded);
      expect(foldCase(character)).toBe(folded);
    }
  });

  it.each([
    ['Straße', 'straße'],
    ['ẞ', 'ß'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['ΟΔΟς', 'οδοσ'],
    ['İ', 'İ'],
    ['ı', 'ı'],
    ['\u212a', 'k'],
    ['𐐀', '𐐨'],
    ['HELLO', 'hello'],
  ])('folds %s to %s, whatever stands around it', (text, folded) => {
    expect(foldCase(text)).toBe(folded);
    expect(foldCase(`é${text}é`)).toBe(`é${folded}é`);
  });
});

import type { JsonObject } from '@cdp/core/kernel';
import type { ProfileDocument } from '@cdp/core/profile';
import { foldCase } from '@cdp/core/segment';
import { visitValues } from '../../json-values.js';
import { escaped, LONGEST_PATTERN, pieceOf } from './operator-query.js';
import { anyOf, type Bounds, NOTHING, type Query } from './query.js';
import { tenantKey } from './value-term.js';

/** Profiles with an identifier or a text trait that contains the text, without regard to case. */
export function textBounds(tenantId: string, text: string): Bounds {
  const { piece, isWhole } = pieceOf(text, (signs) => signs.slice(0, LONGEST_PATTERN));
  const tenant = tenantKey(tenantId);
  const found = anyOf(
    ['e', 'f', 'E', 'F'].map(
      (kind): Query => ({ wildcard: { terms: { value: `${tenant}${kind}*:*${escaped(piece)}*` } } }),
    ),
  );
  const longTexts = ['o', 'O'].map((kind): Query => ({ prefix: { terms: { value: tenant + kind } } }));
  return { may: anyOf([found, ...longTexts]), sure: isWhole ? found : NOTHING };
}

export function textTest(text: string): (document: ProfileDocument) => boolean {
  const part = foldCase(text);
  const holds = (whole: string): boolean => foldCase(whole).includes(part);
  return ({ identifiers, traits }) => {
    let found = identifiers.some(({ value }) => holds(value));
    const values: JsonObject = Object.fromEntries(Object.entries(traits).map(([name, { value }]) => [name, value]));
    visitValues(values, (_path, value) => {
      found ||= typeof value === 'string' && holds(value);
    });
    return found;
  };
}

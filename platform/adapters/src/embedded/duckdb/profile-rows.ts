import type { JsonObject } from '@cdp/core/kernel';
import type { ProfileDocument } from '@cdp/core/profile';
import { foldCase } from '@cdp/core/segment';
import { BIGINT, BOOLEAN, LIST, listValue, UTINYINT, UUID, VARCHAR } from '@duckdb/node-api';
import { visitValues } from '../../json-values.js';
import type { ColumnData } from './duckdb-session.js';
import { uuidValue } from './uuid.js';

const PLATFORM_BITS: Readonly<Record<string, number>> = { ios: 1, android: 2, web: 4 };

/** 0 for a platform that there is none of. */
export const platformBit = (platform: string): number =>
  Object.hasOwn(PLATFORM_BITS, platform) ? (PLATFORM_BITS[platform] as number) : 0;

/** What a profile agreed to, as one text. */
export const consentKey = (consent: { channel: string; purpose?: string; status: string }): string =>
  JSON.stringify([consent.channel, consent.purpose ?? null, consent.status]);

/** Keeps what is searched for from being found across two values. */
const SEPARATOR = '\u001f';

/** The traits as rules see them. Of a profile that is no longer active nothing but its version is kept. */
export function traitsOf(document: ProfileDocument): JsonObject {
  if (document.state !== 'active') return {};
  return Object.fromEntries(Object.entries(document.traits).map(([name, { value }]) => [name, value]));
}

function searchText(document: ProfileDocument, traits: JsonObject): string {
  const texts = document.state === 'active' ? document.identifiers.map(({ value }) => value) : [];
  visitValues(traits, (_path, value) => {
    if (typeof value === 'string') texts.push(value);
  });
  return foldCase(texts.join(SEPARATOR));
}

/** The columns of the profiles table before those of the traits, without `more`. */
export function profileColumns(documents: readonly ProfileDocument[], traits: readonly JsonObject[]): ColumnData[] {
  const ifActive = <T>(document: ProfileDocument, values: readonly T[]): readonly T[] =>
    document.state === 'active' ? values : [];
  return [
    { type: UUID, values: documents.map(({ id }) => uuidValue(id)) },
    { type: BIGINT, values: documents.map(({ version }) => BigInt(version)) },
    { type: BOOLEAN, values: documents.map(({ state }) => state === 'active') },
    {
      type: UTINYINT,
      values: documents.map((document) =>
        ifActive(document, document.devices).reduce((bits, { platform }) => bits | platformBit(platform), 0),
      ),
    },
    {
      type: LIST(VARCHAR),
      values: documents.map((document) => {
        const consents = ifActive(document, document.consents);
        return consents.length === 0 ? null : listValue(consents.map(consentKey));
      }),
    },
    { type: VARCHAR, values: documents.map((document, row) => searchText(document, traits[row] as JsonObject)) },
  ];
}

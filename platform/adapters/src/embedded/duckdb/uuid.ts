import { invalid } from '@cdp/core/kernel';
import { DuckDBUUIDValue } from '@duckdb/node-api';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Profile ids are kept as the 16 bytes they are; text that is none names no profile. */
export const isUuid = (id: string): boolean => UUID.test(id);

export function uuidValue(id: string): DuckDBUUIDValue {
  if (!UUID.test(id)) throw invalid('profileId', `"${id}" is not a UUID in lower case.`);
  return DuckDBUUIDValue.fromUint128(
    BigInt(`0x${id.slice(0, 8)}${id.slice(9, 13)}${id.slice(14, 18)}${id.slice(19, 23)}${id.slice(24)}`),
  );
}

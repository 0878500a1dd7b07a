/** What the schemas of tenants start with. */
export const TENANT_PREFIX = 't_';

/**
 * The name of a tenant's schema. DuckDB compares names without regard to case, so everything but lower-case letters,
 * digits and dashes is written as its code: two tenants never share a schema, and a name needs no escaping in quotes.
 */
export function schemaNameOf(tenantId: string): string {
  let name = TENANT_PREFIX;
  for (const byte of Buffer.from(tenantId, 'utf8')) {
    const character = String.fromCharCode(byte);
    name += /[a-z0-9-]/.test(character) ? character : `_${byte.toString(16).padStart(2, '0')}`;
  }
  return name;
}

import type { App, AppKind, AppSecret } from '@cdp/core/tenancy';
import { marks, type SqlDatabase } from './database.js';

export interface AppRow {
  tenant_id: string;
  id: string;
  app_key: string;
  name: string;
  kind: AppKind;
  allowed_origins: string;
  allowed_ips: string;
  expires_at: number | null;
  limits: string;
  state: App['state'];
  version: number;
  created_at: number;
  updated_at: number;
}

interface SecretRow {
  app_id: string;
  id: string;
  sealed: string;
  created_at: number;
  expires_at: number | null;
}

/** Apps read at once for their secrets: bounds the list of a statement. */
const CHUNK = 500;

/** Apps as the domain knows them, with their secrets, the newest last. App ids are unique over all tenants. */
export async function appsOf(db: SqlDatabase, rows: readonly AppRow[]): Promise<App[]> {
  const secrets = new Map<string, AppSecret[]>();
  for (let at = 0; at < rows.length; at += CHUNK) {
    const chunk = rows.slice(at, at + CHUNK);
    const tenants = [...new Set(chunk.map((row) => row.tenant_id))];
    const ids = chunk.map((row) => row.id);
    const found = await db.select<SecretRow>(
      `SELECT * FROM app_secrets WHERE tenant_id IN (${marks(tenants)}) AND app_id IN (${marks(ids)}) ORDER BY id`,
      [...tenants, ...ids],
    );
    for (const { app_id, id, sealed, created_at, expires_at } of found) {
      const secret = { id, sealed, createdAt: created_at, expiresAt: expires_at };
      secrets.set(app_id, [...(secrets.get(app_id) ?? []), secret]);
    }
  }
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    id: row.id,
    appKey: row.app_key,
    name: row.name,
    kind: row.kind,
    allowedOrigins: JSON.parse(row.allowed_origins),
    allowedIps: JSON.parse(row.allowed_ips),
    expiresAt: row.expires_at,
    limits: JSON.parse(row.limits),
    state: row.state,
    secrets: secrets.get(row.id) ?? [],
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }));
}

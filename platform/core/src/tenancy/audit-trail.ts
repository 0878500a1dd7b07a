import type { Clock, Ids, Json, JsonObject } from '../kernel/index.js';
import type { Resource } from './abilities.js';
import type { Actor } from './actor.js';
import type { AuditLog } from './audit-log.js';

export const REDACTED = '[redacted]';
const SECRET_NAME =
  /pass(word|phrase)?|secret|token|credential|authorization|cookie|private.?key|api.?key|sealed|hash$/i;

export interface Change {
  action: string;
  resource: Resource;
  resourceId: string;
  /** A plain record. Secrets in it are left out by name, wherever they stand. */
  before?: object | null;
  after?: object | null;
}

/** Writes down who changed what. Called inside the unit of work of the change, so that neither is without the other. */
export class AuditTrail {
  readonly #log: AuditLog;
  readonly #ids: Ids;
  readonly #clock: Clock;

  constructor(options: { log: AuditLog; ids: Ids; clock: Clock }) {
    this.#log = options.log;
    this.#ids = options.ids;
    this.#clock = options.clock;
  }

  async record(tenantId: string, actor: Actor, change: Change): Promise<void> {
    await this.#log.append(tenantId, {
      id: this.#ids.next(),
      tenantId,
      at: this.#clock.now(),
      actor,
      action: change.action,
      resource: change.resource,
      resourceId: change.resourceId,
      before: change.before ? redact(change.before) : null,
      after: change.after ? redact(change.after) : null,
    });
  }
}

/** The record as JSON, with the values of fields that are named like secrets left out. */
export const redact = (record: object): JsonObject => redacted(JSON.parse(JSON.stringify(record))) as JsonObject;

function redacted(value: Json): Json {
  if (Array.isArray(value)) return value.map(redacted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      SECRET_NAME.test(name) && inner !== null && typeof inner !== 'boolean' ? REDACTED : redacted(inner),
    ]),
  );
}

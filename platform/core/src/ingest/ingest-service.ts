import { CdpError, type Clock, type Ids, isJsonObject } from '../kernel/index.js';
import { type EventLog, type LogRecord, TOPICS } from '../log/index.js';
import { callsOfEvents, callsOfUsers, deviceCall, removalCall } from './brief-calls.js';
import { type ParsedCall, parseCall } from './parse-call.js';
import type { RateLimiter } from './rate-limiter.js';
import type { Call, CallType, RawMessage } from './raw-message.js';
import type { RejectedEvent } from './rejected-event.js';

/** The app that writes, as the directory of apps knows it. */
export interface IngestApp {
  tenantId: string;
  id: string;
  /** Events a second; undefined: the platform's default. */
  eventsPerSecond?: number | undefined;
  /** Events a day; undefined: no quota. */
  eventsPerDay?: number | undefined;
}

/** What the door saw of the request. */
export interface Door {
  ip?: string | undefined;
  userAgent?: string | undefined;
}

export interface IngestLimits {
  /** Bytes of one event as JSON. */
  eventBytes: number;
  /** Events of one batch. */
  batchEvents: number;
  /** Events a second an app may send where it has no figure of its own. */
  eventsPerSecond: number;
}

export const DEFAULT_INGEST_LIMITS: IngestLimits = {
  eventBytes: 32 * 1024,
  batchEvents: 2_500,
  eventsPerSecond: 200_000,
};

export interface RejectedItem {
  index: number;
  messageId?: string;
  code: string;
  message: string;
}

export interface IngestAnswer {
  success: true;
  accepted: number;
  rejected: RejectedItem[];
}

const DAY_MS = 86_400_000;

/** The door: checks the form of what an app sends and answers when it is durable. */
export class IngestService {
  readonly #log: EventLog;
  readonly #limiter: RateLimiter;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #limits: IngestLimits;

  constructor(
    log: EventLog,
    limiter: RateLimiter,
    clock: Clock,
    ids: Ids,
    limits: IngestLimits = DEFAULT_INGEST_LIMITS,
  ) {
    this.#log = log;
    this.#limiter = limiter;
    this.#clock = clock;
    this.#ids = ids;
    this.#limits = limits;
  }

  /** One call of the Segment spec, of the type that its route names. A mistake in it refuses the request. */
  acceptCall(app: IngestApp, type: CallType, body: unknown, door: Door): Promise<IngestAnswer> {
    return this.#accept(app, [parseCall(body, type, this.#ids)], [body], undefined, door, true);
  }

  /** `{batch: […], sentAt?}`: the good ones are taken, the others named. */
  acceptBatch(app: IngestApp, body: unknown, door: Door): Promise<IngestAnswer> {
    const items = this.#items(body, 'batch');
    const sentAt = isJsonObject(body) && typeof body.sentAt === 'string' ? body.sentAt : undefined;
    return this.#accept(
      app,
      items.map((item) => parseCall(item, undefined, this.#ids)),
      items,
      sentAt,
      door,
      false,
    );
  }

  /** One event, or `{events: […]}`. */
  acceptEvents(app: IngestApp, body: unknown, door: Door): Promise<IngestAnswer> {
    const many = isJsonObject(body) && 'events' in body;
    const items = many ? this.#items(body, 'events') : [body];
    return this.#accept(app, callsOfEvents(items, this.#ids), items, undefined, door, !many);
  }

  /** One user `{userId?, anonymousId?, identifiers?, traits}`, or `{users: […]}`. */
  acceptUsers(app: IngestApp, body: unknown, door: Door): Promise<IngestAnswer> {
    const many = isJsonObject(body) && 'users' in body;
    const items = many ? this.#items(body, 'users') : [body];
    return this.#accept(app, callsOfUsers(items, this.#ids), items, undefined, door, !many);
  }

  /** `{userId or anonymousId, token, platform, …}`. */
  acceptDevice(app: IngestApp, body: unknown, door: Door): Promise<IngestAnswer> {
    return this.#accept(app, [deviceCall(body, this.#ids)], [body], undefined, door, true);
  }

  removeDevice(app: IngestApp, token: string, body: unknown, door: Door): Promise<IngestAnswer> {
    return this.#accept(app, [removalCall(token, body, this.#ids)], [body], undefined, door, true);
  }

  /** Calls that were read elsewhere, such as the rows of an import: durable when this resolves. */
  async acceptParsed(app: IngestApp, calls: readonly Call[], door: Door): Promise<void> {
    const receivedAt = this.#clock.now();
    await this.#log.append(calls.map((call) => this.#record(app, call, receivedAt, undefined, door)));
  }

  #items(body: unknown, field: string): unknown[] {
    const items = isJsonObject(body) ? body[field] : undefined;
    if (!Array.isArray(items))
      throw new CdpError('invalid', `${field}: must be a list.`, {
        errors: [{ path: field, message: 'Must be a list.' }],
      });
    if (items.length > this.#limits.batchEvents)
      throw new CdpError(
        'too_large',
        `${field}: ${items.length} events; at most ${this.#limits.batchEvents} at once.`,
        {
          errors: [{ path: field, message: `At most ${this.#limits.batchEvents} at once.` }],
        },
      );
    return items;
  }

  async #accept(
    app: IngestApp,
    parsed: readonly ParsedCall[],
    inputs: readonly unknown[],
    sentAt: string | undefined,
    door: Door,
    single: boolean,
  ): Promise<IngestAnswer> {
    const allowance = this.#allow(app, parsed.length);
    if (allowance instanceof Promise) await allowance;
    const receivedAt = this.#clock.now();
    const records: LogRecord[] = [];
    const rejected: RejectedItem[] = [];
    const batchSentAt = sentAt !== undefined && Number.isFinite(Date.parse(sentAt)) ? sentAt : undefined;
    for (let index = 0; index < parsed.length; index++) {
      const result = parsed[index] as ParsedCall;
      let refusal: Refusal | undefined;
      if ('call' in result) {
        const record = this.#record(app, result.call, receivedAt, batchSentAt, door);
        if (record.value.byteLength <= this.#limits.eventBytes) {
          records.push(record);
          continue;
        }
        refusal = {
          messageId: result.call.messageId,
          code: 'too_large',
          path: '',
          message: `An event may have ${this.#limits.eventBytes} bytes; this one has ${record.value.byteLength}.`,
        };
      } else refusal = { messageId: result.messageId, code: 'invalid', ...result.error };
      rejected.push(itemOf(index, refusal));
      records.push(this.#rejection(app, refusal, inputs[index], receivedAt));
    }
    await this.#log.append(records);
    if (single && rejected.length > 0) throw refusalError(rejected[0] as RejectedItem);
    if (parsed.length > 0 && rejected.length === parsed.length) throw nothingUsable(rejected);
    return { success: true, accepted: parsed.length - rejected.length, rejected };
  }

  #allow(app: IngestApp, units: number): void | Promise<void> {
    const second = this.#limiter.take(
      `app/${app.id}`,
      units,
      app.eventsPerSecond ?? this.#limits.eventsPerSecond,
      1_000,
    );
    const check = (allowance: Awaited<typeof second>) => {
      if (!allowance.allowed)
        throw new CdpError('over_quota', 'The app sends more events than its limit allows.', {
          retryAfter: allowance.retryAfter,
        });
    };
    if (second instanceof Promise || app.eventsPerDay !== undefined)
      return this.#allowSlowly(app, units, second, check);
    check(second);
  }

  async #allowSlowly(
    app: IngestApp,
    units: number,
    second: ReturnType<RateLimiter['take']>,
    check: (allowance: Awaited<typeof second>) => void,
  ): Promise<void> {
    check(await second);
    if (app.eventsPerDay !== undefined)
      check(await this.#limiter.take(`app-day/${app.id}`, units, app.eventsPerDay, DAY_MS));
  }

  #record(app: IngestApp, call: Call, receivedAt: number, sentAt: string | undefined, door: Door): LogRecord {
    const message: RawMessage = { tenantId: app.tenantId, appId: app.id, receivedAt, call };
    const sent = call.sentAt ?? sentAt;
    if (sent !== undefined) message.sentAt = sent;
    if (door.ip !== undefined) message.ip = door.ip;
    if (door.userAgent !== undefined) message.userAgent = door.userAgent.slice(0, 512);
    return rawRecord(message);
  }

  #rejection(app: IngestApp, refusal: Refusal, input: unknown, receivedAt: number): LogRecord {
    const event: RejectedEvent = {
      id: this.#ids.next(),
      tenantId: app.tenantId,
      appId: app.id,
      receivedAt,
      ...(refusal.messageId === undefined ? {} : { messageId: refusal.messageId }),
      code: refusal.code,
      path: refusal.path,
      message: refusal.message,
      payload: (JSON.stringify(input) ?? 'null').slice(0, 32 * 1024),
    };
    return { topic: TOPICS.rejected, key: app.tenantId, value: Buffer.from(JSON.stringify(event)) };
  }
}

interface Refusal {
  messageId: string | undefined;
  code: string;
  path: string;
  message: string;
}

/** Puts a message on the raw topic; the calls of one sender stay in order because they share the key. */
export function rawRecord(message: RawMessage): LogRecord {
  const { call } = message;
  return {
    topic: TOPICS.raw,
    key: `${message.tenantId}/${message.profileId ?? call.userId ?? call.anonymousId ?? call.messageId}`,
    value: Buffer.from(JSON.stringify(message)),
  };
}

const itemOf = (index: number, { messageId, code, path, message }: Refusal): RejectedItem => ({
  index,
  ...(messageId === undefined ? {} : { messageId }),
  code,
  message: path === '' ? message : `${path}: ${message}`,
});

const refusalError = ({ code, message }: RejectedItem): CdpError => {
  const colon = message.indexOf(': ');
  const path = colon > 0 && /^[\w.]+$/.test(message.slice(0, colon)) ? message.slice(0, colon) : '';
  return new CdpError(code === 'too_large' ? 'too_large' : 'invalid', message, {
    errors: [{ path, message: path === '' ? message : message.slice(colon + 2) }],
  });
};

const nothingUsable = (rejected: readonly RejectedItem[]): CdpError =>
  new CdpError('invalid', 'No event of the batch can be used.', {
    errors: rejected.slice(0, 100).map(({ index, message }) => ({ path: String(index), message })),
  });

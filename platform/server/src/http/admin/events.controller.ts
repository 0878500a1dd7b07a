import { type RejectedEvent, RejectedEventStore } from '@cdp/core/ingest';
import { EventStore } from '@cdp/core/profile';
import {
  type Caller,
  Can,
  CurrentCaller,
  iso,
  type PageQuery,
  PersonalView,
  pageQuerySchema,
  pageSchema,
  showPage,
  timeSchema,
} from '@cdp/tenant-admin-api';
import { Controller, Get, type MessageEvent, Query, Sse } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { finalize, interval, map, merge, type Observable, takeUntil } from 'rxjs';
import { endWith, ignoreElements } from 'rxjs/operators';
import { z } from 'zod';
import { LiveTail, type TailItem } from './live-tail.js';

/** Proxies close connections on which nothing moves. */
const HEARTBEAT_MS = 15_000;

const rejectedSchema = z
  .object({
    id: z.string(),
    appId: z.string(),
    receivedAt: timeSchema,
    messageId: z.string().nullable(),
    code: z.string(),
    path: z.string().meta({ description: 'Where the mistake is.' }),
    message: z.string(),
    payload: z.string().meta({ description: 'The call as it came, as JSON; cut when it was long.' }),
  })
  .meta({ id: 'RejectedEvent' });

const eventNameSchema = z.object({ name: z.string(), count: z.int(), lastSeenAt: timeSchema });

const showRejected = (event: RejectedEvent): z.infer<typeof rejectedSchema> => ({
  id: event.id,
  appId: event.appId,
  receivedAt: iso(event.receivedAt),
  messageId: event.messageId ?? null,
  code: event.code,
  path: event.path,
  message: event.message,
  payload: event.payload,
});

@ApiTags('events')
@Controller('api/v1/events')
export class EventsController {
  constructor(
    private readonly tail: LiveTail,
    private readonly rejectedEvents: RejectedEventStore,
    private readonly events: EventStore,
    private readonly personal: PersonalView,
  ) {}

  /** Calls as they come in, as server-sent events: `call`, and `skipped` when they come in faster than they can be shown. */
  @Can('read', 'Event')
  @ApiOperation({ summary: 'Events as they come in, as server-sent events' })
  @Sse('live')
  @ApiProduces('text/event-stream')
  @ApiOkResponse({ schema: { type: 'string' } })
  async live(@CurrentCaller() caller: Caller): Promise<Observable<MessageEvent>> {
    const { tenantId } = caller;
    const mask = this.personal.for(caller);
    const calls = await this.tail.join(tenantId);
    const ended = calls.pipe(ignoreElements(), endWith(true));
    const heartbeat = interval(HEARTBEAT_MS).pipe(
      map((): MessageEvent => ({ type: 'ping', data: {} })),
      takeUntil(ended),
    );
    return merge(calls.pipe(map((item) => asMessage(item, mask))), heartbeat).pipe(
      finalize(() => this.tail.leave(tenantId, calls)),
    );
  }

  /** What was refused, newest first, with the reason. */
  @Can('read', 'RejectedEvent')
  @ApiOperation({ summary: 'Events that were refused, with code and path, the newest first' })
  @Get('rejected')
  @ApiOkResponse({ standardSchema: pageSchema(rejectedSchema) })
  async rejected(@Query({ schema: pageQuerySchema }) query: PageQuery, @CurrentCaller() { tenantId }: Caller) {
    return showPage(await this.rejectedEvents.list(tenantId, query), showRejected);
  }

  /** Names of events, the most frequent first. */
  @Can('read', 'Event')
  @ApiOperation({ summary: 'Names of the events that came in' })
  @Get('names')
  @ApiOkResponse({ standardSchema: pageSchema(eventNameSchema) })
  async names(@Query({ schema: pageQuerySchema }) { limit }: PageQuery, @CurrentCaller() { tenantId }: Caller) {
    const names = await this.events.countByName(tenantId, limit);
    return { items: names.map((name) => ({ ...name, lastSeenAt: iso(name.lastSeenAt) })), nextCursor: null };
  }
}

function asMessage(item: TailItem, mask: <T extends object>(record: T) => T): MessageEvent {
  if ('skipped' in item) return { type: 'skipped', data: { skipped: item.skipped } };
  const { appId, receivedAt, call } = item.message;
  return { type: 'call', data: { appId, receivedAt: iso(receivedAt), ...mask(call) } };
}

import type { Resource } from '@cdp/core/tenancy';
import type { Access, Caller } from '@cdp/tenant-admin-api';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { z } from 'zod';
import { invalidBy } from '../validation.js';

export interface ReadRoute<Query extends z.ZodType> {
  /** In the router's notation. */
  url: string;
  /** What a caller has to be allowed to read. */
  resource: Resource;
  query: Query;
  /** What goes out as JSON. */
  read(caller: Caller, query: z.infer<Query>, params: Record<string, string>, reply: FastifyReply): Promise<unknown>;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * A read of the admin API that is asked for thousands of times a second, straight on the HTTP server: the framework's way to a
 * controller takes longer than the read. Who may call it, its errors, log line and metrics are those of every other route.
 * For reads alone: what makes a change safe to repeat and writes it to the audit log stands around controllers.
 */
export function addReadRoute<Query extends z.ZodType>(
  scope: FastifyInstance,
  access: Access,
  { url, resource, query, read }: ReadRoute<Query>,
): void {
  const needs = { action: 'read' as const, resource };
  scope.get<{ Params: Record<string, string> }>(url, async (request, reply) => {
    const caller = await access.admitTo(request, needs);
    const asked = query.safeParse(request.query);
    if (!asked.success) throw invalidBy(asked.error.issues);
    const answer = await read(caller, asked.data, request.params, reply);
    reply.header('content-type', JSON_TYPE);
    return JSON.stringify(answer);
  });
}

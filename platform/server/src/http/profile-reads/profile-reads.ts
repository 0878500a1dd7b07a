import type { Logger, Page } from '@cdp/core/kernel';
import type { ProfileDocument, ProfileService } from '@cdp/core/profile';
import type { SegmentService } from '@cdp/core/segment';
import { type Access, entityTag } from '@cdp/tenant-admin-api';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { profileQuerySchema } from '../admin/profile-schemas.js';
import type { ProfilesShown } from '../admin/profiles-shown.js';
import { sendProblem } from '../send-problem.js';
import { addReadRoute } from './read-route.js';

export interface ProfileReads {
  access: Access;
  profiles: ProfileService;
  segments: SegmentService;
  shown: ProfilesShown;
  logger: Logger;
}

/** The reads of people that other systems make on every visit: by identifier and by id. */
export async function addProfileReads(fastify: FastifyInstance, api: ProfileReads): Promise<void> {
  const { access, profiles, shown, logger } = api;
  await fastify.register((scope, _options, loaded) => {
    scope.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, logger));

    addReadRoute(scope, access, {
      url: '/api/v1/profiles',
      resource: 'Profile',
      query: profileQuerySchema,
      read: async (caller, query) => {
        const { items, nextCursor } = await found(api, caller.tenantId, query);
        return { items: await shown.to(caller, items), nextCursor };
      },
    });

    addReadRoute(scope, access, {
      url: '/api/v1/profiles/:id',
      resource: 'Profile',
      query: z.object({}),
      read: async (caller, _query, { id = '' }, reply) => {
        const profile = await profiles.get(caller.tenantId, id);
        if ('mergedInto' in profile) {
          reply.code(308).header('location', `/api/v1/profiles/${profile.mergedInto}`);
          return profile;
        }
        reply.header('etag', entityTag(profile.document.version));
        return (await shown.to(caller, [profile.document]))[0];
      },
    });
    loaded();
  });
}

async function found(
  { profiles, segments }: ProfileReads,
  tenantId: string,
  query: z.infer<typeof profileQuerySchema>,
): Promise<Page<ProfileDocument>> {
  if (query.identifier !== undefined) {
    const document = await profiles.byIdentifier(tenantId, query.identifier);
    return { items: document ? [document] : [], nextCursor: null };
  }
  return query.q === undefined ? segments.search(tenantId, {}, query) : segments.find(tenantId, query.q, query);
}

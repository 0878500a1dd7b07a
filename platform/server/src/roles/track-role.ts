import { addInbox } from '../http/inbox/index.js';
import { addCallbacks, addLinks } from '../http/links/index.js';
import { NoControllers } from './no-controllers.js';
import type { Role } from './role.js';

export const trackRole: Role = {
  name: 'track',
  module: NoControllers,
  doors: async (platform, fastify) => {
    const { messaging, logger, metrics, publicUrl } = platform;
    await addLinks(fastify, { tracking: messaging.tracking, logger, metrics });
    await addCallbacks(fastify, { callbacks: messaging.callbacks, logger, metrics, publicUrl });
    await addInbox(fastify, {
      inbox: platform.inbox,
      feed: platform.inboxFeed,
      authenticator: platform.authenticator,
      directory: platform.tenancy.directory,
      clock: platform.clock,
      logger,
      metrics,
    });
  },
  start: ({ messaging }) => messaging.startTracking(),
};

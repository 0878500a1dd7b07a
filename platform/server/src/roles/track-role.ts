import { addCallbacks, addLinks } from '../http/links/index.js';
import { NoControllers } from './no-controllers.js';
import type { Role } from './role.js';

export const trackRole: Role = {
  name: 'track',
  module: NoControllers,
  doors: async ({ messaging, logger, metrics, publicUrl }, fastify) => {
    await addLinks(fastify, { tracking: messaging.tracking, logger, metrics });
    await addCallbacks(fastify, { callbacks: messaging.callbacks, logger, metrics, publicUrl });
  },
  start: ({ messaging }) => messaging.startTracking(),
};

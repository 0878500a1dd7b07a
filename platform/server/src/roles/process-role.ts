import { NoControllers } from './no-controllers.js';
import type { Role } from './role.js';

export const processRole: Role = {
  name: 'process',
  module: NoControllers,
  start: async ({ pipeline, retention }) => {
    await pipeline.startProcessing();
    retention.start();
  },
};

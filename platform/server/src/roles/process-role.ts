import { NoControllers } from './no-controllers.js';
import type { Role } from './role.js';

export const processRole: Role = {
  name: 'process',
  module: NoControllers,
  start: (platform) => platform.pipeline.start(),
};

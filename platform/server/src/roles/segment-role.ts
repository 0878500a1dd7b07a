import { NoControllers } from './no-controllers.js';
import type { Role } from './role.js';

export const segmentRole: Role = {
  name: 'segment',
  module: NoControllers,
  start: ({ pipeline }) => pipeline.startBuilding(),
};

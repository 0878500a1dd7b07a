import { NoControllers } from './no-controllers.js';
import type { Role } from './role.js';

export const deliverRole: Role = {
  name: 'deliver',
  module: NoControllers,
  start: ({ messaging }) => messaging.startDelivery(),
};

import { NoControllers } from './no-controllers.js';
import type { Role } from './role.js';

export const campaignRole: Role = {
  name: 'campaign',
  module: NoControllers,
  start: ({ messaging }) => messaging.startCampaigns(),
};

import type { Job } from '../work/index.js';

/** Wakes the campaign runner: `due` when a campaign's time may have come, `run:<tenant>/<run>` for a run. */
export const CAMPAIGN_QUEUE = 'campaign';

/** Wakes the lanes of a kind of channel, such as `email`: each kind has a queue, and may have workers, of its own. */
export const deliveryQueue = (channel: string): string => `delivery-${channel}`;

export const runJob = (tenantId: string, runId: string, runAt?: number): Job => ({
  id: `run:${tenantId}/${runId}`,
  payload: { tenantId, runId },
  ...(runAt !== undefined && { runAt }),
});

export const laneJob = (tenantId: string, channelId: string, runAt?: number): Job => ({
  id: `${tenantId}/${channelId}`,
  payload: { tenantId, channelId },
  ...(runAt !== undefined && { runAt }),
});

import type { RoleName } from '../config/index.js';

/** What each role does, in the order of the data. */
export const ROLE_SUMMARIES: Record<RoleName, string> = {
  ingest: 'write API: authenticate the app, bound the size, append durably, answer',
  process: 'events become people: dedupe, validate, enrich, identity, profiles, live segments',
  segment: 'builds and counts of segments, and answers that time alone changes',
  campaign: 'schedules, audiences, messages into the outbox',
  deliver: 'workers that send through the channels',
  track: 'links in messages, in-app inboxes, provider callbacks, conversions',
  stream: 'exports of events, profile changes and memberships',
  admin: 'admin API, console, logins',
};

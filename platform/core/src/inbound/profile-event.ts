import type { Call } from '../ingest/index.js';
import type { JsonObject } from '../kernel/index.js';

/** One event of one profile, validated, timed and resolved. All times are epoch milliseconds. */
export interface ProfileEvent {
  messageId: string;
  type: Call['type'];
  /** The event's name: of a track call its `event`, of a page or screen call its `name`; else the type. */
  name: string;
  /** When it happened, corrected for the sender's clock. */
  timestamp: number;
  receivedAt: number;
  properties: JsonObject;
  context: JsonObject;
  /** The app that sent it, `platform` for the platform's own. */
  source: string;
}

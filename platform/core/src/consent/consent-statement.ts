import type { Consent } from '../profile/index.js';

export type ConsentStatus = Consent['status'];

/** What one person said about one channel, or about one topic on it. The last word by `at` counts. */
export interface ConsentStatement {
  profileId: string;
  channel: string;
  /** A campaign topic; the empty string for the channel as a whole. */
  topic: string;
  status: ConsentStatus;
  /** Epoch milliseconds. */
  at: number;
  /** Where it was said: `api`, `unsubscribe`, `preferences`, `complaint`, `import` … */
  source: string;
}

/** What holds for people who said nothing. */
export interface ConsentPolicy {
  channel: string;
  /** The empty string for the channel as a whole. */
  topic: string;
  /** `opt_in`: nothing is sent until the person agreed. `opt_out`: it is sent until the person objected. */
  mode: 'opt_in' | 'opt_out';
}

import type { Rule } from './rule.js';

export type SegmentState = 'building' | 'ready' | 'failed';

/** The version that profiles are held to; an older one stays in force while a newer one is built. */
export interface LiveVersion {
  version: number;
  rule: Rule;
  /** Epoch milliseconds; of the segments of a tenant no two are the same. */
  since: number;
  /** A newer version is being built: until that is live nobody is held to the segment, and its members stay as they are. */
  frozen?: true;
}

export interface Segment {
  id: string;
  tenantId: string;
  name: string;
  rule: Rule;
  /** Counts changes of name and rule; what `If-Match` is held against. */
  version: number;
  state: SegmentState;
  live: LiveVersion | null;
  /** Members when the last build was done. */
  builtSize: number;
  /** Epoch milliseconds of the last build; null before the first. */
  builtAt: number | null;
  /** Why the last build failed. */
  problem: string | null;
  createdAt: number;
  updatedAt: number;
}

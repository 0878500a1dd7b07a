import type { Page, PageRequest } from '../kernel/index.js';
import type { Segment } from './segment.js';

/** Definitions of segments. Names of one tenant's segments differ. */
export abstract class SegmentStore {
  /** False when the name is taken. */
  abstract insert(tenantId: string, segment: Segment): Promise<boolean>;
  abstract get(tenantId: string, id: string): Promise<Segment | undefined>;

  /** Replaces the segment where its version is still `expected`: `changed`, `outdated`, or `taken` for a name in use. */
  abstract replace(tenantId: string, segment: Segment, expected: number): Promise<'changed' | 'outdated' | 'taken'>;

  /** Notes what a build led to, where the segment still has the version that was built; false where not. */
  abstract settle(
    tenantId: string,
    id: string,
    version: number,
    outcome: Pick<Segment, 'state' | 'live' | 'builtSize' | 'builtAt' | 'problem'>,
  ): Promise<boolean>;

  /** By id. */
  abstract list(tenantId: string, page: PageRequest): Promise<Page<Segment>>;
  abstract all(tenantId: string): Promise<Segment[]>;

  /** Every segment of every tenant, a page at a time, for the start of a process. */
  abstract everywhere(page: PageRequest): Promise<Page<Segment>>;
  abstract delete(tenantId: string, id: string): Promise<boolean>;
  abstract deleteTenant(tenantId: string): Promise<void>;
}

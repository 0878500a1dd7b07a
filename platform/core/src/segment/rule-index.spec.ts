import { describe, expect, it } from '@jest/globals';
import { SilentLogger } from '../kernel/index.js';
import type { AggregateStore } from './aggregate-store.js';
import type { DefinitionChanges } from './definition-changes.js';
import type { Rule } from './rule.js';
import type { Segment } from './segment.js';
import { SegmentCatalog } from './segment-catalog.js';
import type { SegmentStore } from './segment-store.js';

const segment = (id: string, rule: Rule, since: number): Segment => ({
  id,
  tenantId: 't',
  name: id,
  rule,
  version: 1,
  state: 'ready',
  live: { version: 1, rule, since },
  builtSize: 0,
  builtAt: since,
  problem: null,
  createdAt: 0,
  updatedAt: 0,
});

describe('the index of live rules', () => {
  it('counts aggregates of a nested segment since that changed, not since the segment that nests it is live', () => {
    const catalog = new SegmentCatalog({
      segments: {} as SegmentStore,
      aggregates: {} as AggregateStore,
      changes: {} as DefinitionChanges,
      timeZoneOf: () => 'UTC',
      logger: new SilentLogger(),
    });
    catalog.put(segment('inner', { event: 'Bought', within: { last: '7d' } }, 1));
    catalog.put(segment('outer', { segment: 'inner' }, 5));
    catalog.put(segment('inner', { event: 'Seen', within: { last: '7d' } }, 20));
    const index = catalog.indexOf('t');
    const [definition] = index?.definitionsFor('Seen') ?? [];
    // A profile that was last written at 7 knows nothing of it.
    expect(index?.bornAt(definition?.key ?? '')).toBe(20);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { EventRecord, ProfileEvent } from '../inbound/index.js';
import type { ProfileDocument } from './profile-document.js';
import { TenantBatch } from './tenant-batch.js';

const eventOf = (messageId: string): ProfileEvent => ({
  messageId,
  type: 'track',
  name: 'Bought',
  timestamp: 1_000,
  receivedAt: 1_000,
  properties: {},
  context: {},
  source: 'app',
});
const record = (messageId: string): EventRecord => ({
  kind: 'event',
  tenantId: 't',
  profileId: 'p',
  event: eventOf(messageId),
});

describe('a batch of profile records', () => {
  it('tells what an earlier write led to when the batch comes again with more records of the profile', () => {
    const entered = { segmentId: 's', profileId: 'p', change: 'entered' as const, at: 1_000 };
    const first = new TenantBatch('t', 0);
    first.add(record('a'), 0);
    first.apply(['p'], [undefined]);
    const [written] = first.finish([entered]) as [ProfileDocument];

    // The document was written, then the process died: nothing of it reached the log.
    const again = new TenantBatch('t', 1);
    again.add(record('a'), 0);
    again.add(record('b'), 1);
    again.apply(['p'], [written]);
    const [document] = again.finish([]);
    expect(document?.version).toBe(2);
    expect(document?.outcome).toEqual({ created: true, updated: true, changes: [entered] });

    const later = new TenantBatch('t', 2);
    later.add(record('c'), 2);
    later.apply(['p'], [document]);
    expect(later.finish([])[0]?.outcome).toBeUndefined();
  });
});

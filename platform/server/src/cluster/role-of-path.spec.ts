import { describe, expect, it } from '@jest/globals';
import { roleOfPath } from './role-of-path.js';

describe('the role that answers a path', () => {
  it.each([
    ['/v1/track', 'ingest'],
    ['/t', 'ingest'],
    ['/batch', 'ingest'],
    ['/v1/events/m-1/status', 'ingest'],
    ['/v1/bulk/import/1/rejected', 'ingest'],
    ['/t/c/token', 'track'],
    ['/callbacks/channel', 'track'],
    ['/v1/inbox', 'track'],
    ['/v1/inbox/stream', 'track'],
    ['/api/v1/segments', 'admin'],
    ['/admin/', 'admin'],
    ['/admin', 'admin'],
    ['/', 'admin'],
    ['/docs', 'admin'],
    ['/openapi.json', 'admin'],
    ['/healthz', 'ingest'],
  ])('of %s is %s', (path, role) => {
    expect(roleOfPath(path)).toBe(role);
  });
});

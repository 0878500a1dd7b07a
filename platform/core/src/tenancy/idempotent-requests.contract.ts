import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { IdempotentRequests } from './idempotent-requests.js';

const at = (now: number) => ({ now, lockedUntil: now + 10, expiresAt: now + 100 });

export function describeIdempotentRequestsContract(
  name: string,
  make: () => Promise<{ requests: IdempotentRequests; close: () => Promise<void> }>,
): void {
  describe(`IdempotentRequests contract: ${name}`, () => {
    let requests: IdempotentRequests;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ requests, close } = await make());
    });
    afterEach(() => close());

    it('lets one of many at once go ahead', async () => {
      const begun = await Promise.all(Array.from({ length: 8 }, () => requests.begin('t', 'd', 'f', at(0))));
      expect(begun.map(({ kind }) => kind).sort()).toEqual(['new', ...Array(7).fill('running')].sort());
    });

    it('answers a repetition with what was kept, within its tenant', async () => {
      await requests.begin('t', 'd', 'f', at(0));
      await requests.finish('t', 'd', { status: 201, body: '{"id":1}' });
      const done = { kind: 'done', answer: { status: 201, body: '{"id":1}' } };
      expect(await requests.begin('t', 'd', 'f', at(50))).toEqual(done);
      expect(await requests.begin('u', 'd', 'f', at(50))).toEqual({ kind: 'new' });
      expect(await requests.begin('t', 'e', 'f', at(50))).toEqual({ kind: 'new' });
    });

    it('tells another request under the same key apart', async () => {
      await requests.begin('t', 'd', 'f', at(0));
      expect(await requests.begin('t', 'd', 'g', at(1))).toEqual({ kind: 'different' });
      await requests.finish('t', 'd', { status: 200, body: null });
      expect(await requests.begin('t', 'd', 'g', at(2))).toEqual({ kind: 'different' });
    });

    it('gives up a lock whose holder vanished, what was abandoned, and what expired', async () => {
      await requests.begin('t', 'd', 'f', at(0));
      expect(await requests.begin('t', 'd', 'f', at(9))).toEqual({ kind: 'running' });
      expect(await requests.begin('t', 'd', 'f', at(10))).toEqual({ kind: 'new' });
      await requests.abandon('t', 'd');
      expect(await requests.begin('t', 'd', 'g', at(11))).toEqual({ kind: 'new' });
      await requests.finish('t', 'd', { status: 200, body: null });
      expect(await requests.begin('t', 'd', 'h', at(111))).toEqual({ kind: 'new' });
    });

    it('purges only what expired', async () => {
      await requests.begin('t', 'old', 'f', at(0));
      await requests.begin('t', 'new', 'f', at(50));
      await requests.purge(101);
      expect(await requests.begin('t', 'new', 'g', at(102))).toEqual({ kind: 'different' });
      expect(await requests.begin('t', 'old', 'g', at(102))).toEqual({ kind: 'new' });
    });
  });
}

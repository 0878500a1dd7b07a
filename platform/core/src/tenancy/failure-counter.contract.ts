import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FailureCounter } from './failure-counter.js';

export function describeFailureCounterContract(
  name: string,
  make: () => Promise<{ counter: FailureCounter; close: () => Promise<void> }>,
): void {
  describe(`FailureCounter contract: ${name}`, () => {
    let counter: FailureCounter;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ counter, close } = await make());
    });
    afterEach(() => close());

    it('answers the times of each key since an instant, in order', async () => {
      await counter.add(['x', 'y'], 'one', 10);
      await counter.add(['x'], 'three', 30);
      await counter.add(['x'], 'two', 20);
      expect(await counter.times(['y', 'x', 'z'], 0)).toEqual([[10], [10, 20, 30], []]);
      expect(await counter.times(['x'], 20)).toEqual([[20, 30]]);
    });

    it('takes an attempt back everywhere, clears a key, and forgets the old', async () => {
      await counter.add(['x', 'y'], 'one', 10);
      await counter.add(['x', 'y'], 'two', 20);
      await counter.remove('one');
      expect(await counter.times(['x', 'y'], 0)).toEqual([[20], [20]]);
      await counter.clear('x');
      expect(await counter.times(['x', 'y'], 0)).toEqual([[], [20]]);
      await counter.purge(20);
      expect(await counter.times(['y'], 0)).toEqual([[20]]);
      await counter.purge(21);
      expect(await counter.times(['y'], 0)).toEqual([[]]);
    });
  });
}

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

interface CollectOptions {
  type: 'major';
  flavor: 'last-resort';
  execution: 'sync';
}

/**
 * Gives the memory that loading the program took, and that nothing holds any more, back to the operating system: V8
 * would keep it as room to grow. Takes some hundred milliseconds once, so it is called soon after a start.
 */
export function shrinkHeap(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: CollectOptions) => void;
  setFlagsFromString('--no-expose-gc');
  // Collected are also the shapes of objects of which there is none at the moment. The code that makes such objects with computed
  // names of fields, as Node does for each tick, never gets over that: one tick is kept waiting until the collection is done.
  process.nextTick(() => {});
  collect({ type: 'major', flavor: 'last-resort', execution: 'sync' });
}

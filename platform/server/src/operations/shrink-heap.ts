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
  collect({ type: 'major', flavor: 'last-resort', execution: 'sync' });
}

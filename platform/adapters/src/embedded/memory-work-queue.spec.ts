import { SilentLogger, SystemClock } from '@cdp/core/kernel';
import { describeWorkQueueContract } from '@cdp/core/work/contract';
import { MemoryWorkQueue } from './memory-work-queue.js';

describeWorkQueueContract('in process', () => new MemoryWorkQueue(new SystemClock(), new SilentLogger()));

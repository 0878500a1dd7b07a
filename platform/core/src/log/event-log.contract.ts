import { describe } from '@jest/globals';
import { describeAppends } from './event-log-appends.contract.js';
import { describeGroups } from './event-log-groups.contract.js';
import type { EventLogHome } from './event-log-home.contract.js';
import { describeLogProperties } from './event-log-properties.contract.js';

/** What every EventLog keeps. Groups may take their time to deal out partitions; nothing here waits by the clock. */
export function describeEventLogContract(name: string, makeHome: () => Promise<EventLogHome>): void {
  describe(`EventLog contract: ${name}`, () => {
    describeAppends(makeHome);
    describeGroups(makeHome);
    describeLogProperties(makeHome);
  });
}

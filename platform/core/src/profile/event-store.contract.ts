import { afterEach, beforeEach, describe } from '@jest/globals';
import type { EventStore } from './event-store.js';
import { describeEventAppends } from './event-store-appends.contract.js';
import { describeEventMerges } from './event-store-merges.contract.js';
import { describeEventReads } from './event-store-reads.contract.js';

/** A place where the events of one store live: opened, closed and opened again it is the same store. */
export interface EventStoreHome {
  open(): Promise<EventStore>;
  remove(): Promise<void>;
}

/** The store under test, opened anew for each test. */
export interface EventStoreSubject {
  readonly store: EventStore;
  reopen(): Promise<void>;
}

export function describeEventStoreContract(name: string, makeHome: () => Promise<EventStoreHome>): void {
  describe(`EventStore contract: ${name}`, () => {
    let home: EventStoreHome;
    let store: EventStore;
    const subject: EventStoreSubject = {
      get store() {
        return store;
      },
      async reopen() {
        await store.close();
        store = await home.open();
      },
    };

    beforeEach(async () => {
      home = await makeHome();
      store = await home.open();
    });
    afterEach(async () => {
      await store.close();
      await home.remove();
    });

    describeEventAppends(subject);
    describeEventReads(subject);
    describeEventMerges(subject);
  });
}

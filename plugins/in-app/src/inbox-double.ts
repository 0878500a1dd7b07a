import type { HostInbox, InboxEntry } from '@cdp/plugin-kit';
import type { Account, Behaviour, ProviderDouble } from '@cdp/plugin-kit/contract';

/** The inboxes of two tenants, which may be away or never answer. */
export class InboxDouble implements ProviderDouble {
  readonly entries: { account: Account; entry: InboxEntry }[] = [];
  #behaviour: Behaviour = 'accept';
  #read = 0;
  #watchers: (() => void)[] = [];

  config(): Record<string, unknown> {
    return {};
  }

  behave(behaviour: Behaviour): void {
    this.#behaviour = behaviour;
    this.#read = 0;
  }

  inbox(account: Account): HostInbox {
    return { put: (entries) => this.#put(account, entries) };
  }

  taken(account: Account): string[] {
    return this.entries.filter((one) => one.account === account).map(({ entry }) => entry.id);
  }

  async read(count: number): Promise<void> {
    while (this.#read < count) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  async idle(): Promise<void> {}

  async stop(): Promise<void> {}

  async #put(account: Account, entries: readonly InboxEntry[]): Promise<boolean[]> {
    if (this.#behaviour === 'down') throw new Error('The store of the inboxes is away.');
    this.#read += entries.length;
    for (const watcher of this.#watchers.splice(0)) watcher();
    if (this.#behaviour === 'hang') return new Promise(() => {});
    const isThere = entries.map(({ profileId }) => profileId !== 'nobody');
    for (const [index, entry] of entries.entries()) if (isThere[index]) this.entries.push({ account, entry });
    return isThere;
  }
}

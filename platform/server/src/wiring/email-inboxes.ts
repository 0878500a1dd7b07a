import type { GuardedPluginHosts } from '@cdp/adapters/http';
import { LocalInbox } from '@cdp/plugin-email';
import { type KeptMail, LocalInboxes } from '../http/admin/local-inbox.js';

/** What the e-mail plugin's provider `local` keeps in the directory that its host gives it. */
export class EmailInboxes extends LocalInboxes {
  readonly #hosts: GuardedPluginHosts;

  constructor(hosts: GuardedPluginHosts) {
    super();
    this.#hosts = hosts;
  }

  override list(tenantId: string, query: { to?: string | undefined; limit: number; cursor?: string | undefined }) {
    return this.#of(tenantId).list(query);
  }

  override get(tenantId: string, id: string): Promise<KeptMail | undefined> {
    return this.#of(tenantId).get(id);
  }

  #of(tenantId: string): LocalInbox {
    const directory = this.#hosts.directoryOf('email', tenantId);
    if (directory === undefined) throw new Error('Plugins have no disk here.');
    return new LocalInbox(directory);
  }
}

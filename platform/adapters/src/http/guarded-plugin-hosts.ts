import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type HostCall, type Inboxes, PluginHosts } from '@cdp/core/delivery';
import type { Clock, Logger } from '@cdp/core/kernel';
import type { Host, HostLogger } from '@cdp/plugin-kit';
import type { GuardedHttp } from './guarded-http.js';

export interface GuardedPluginHostsOptions {
  http: GuardedHttp;
  clock: Clock;
  logger: Logger;
  /** Where plugins may keep files; left out where there is no disk that outlives the process or is the same for all of them. */
  directory?: string | undefined;
  /** Left out where nobody shows inboxes. */
  inboxes?: Inboxes | undefined;
}

/** Hosts whose way out is {@link GuardedHttp}. */
export class GuardedPluginHosts extends PluginHosts {
  readonly #options: GuardedPluginHostsOptions;
  readonly #made = new Set<string>();

  constructor(options: GuardedPluginHostsOptions) {
    super();
    this.#options = options;
  }

  override hostFor({ tenantId, plugin, channel, signal, secrets = [] }: HostCall): Host {
    const { http, clock, logger, inboxes } = this.#options;
    const directory = this.directoryOf(plugin, tenantId);
    return {
      fetch: (url, request) => http.fetch(url, { signal, ...request }),
      resolve: (hostname) => http.resolve(hostname),
      clock,
      logger: redacting(logger, secrets, { plugin, tenantId }),
      signal,
      ...(directory !== undefined && { directory }),
      ...(inboxes && { inbox: inboxes.doorFor(tenantId, channel) }),
    };
  }

  /** The directory of one plugin and tenant, which exists; undefined where plugins have none. */
  directoryOf(plugin: string, tenantId: string): string | undefined {
    if (this.#options.directory === undefined) return undefined;
    for (const part of [plugin, tenantId])
      if (!/^[A-Za-z0-9_-]{1,64}$/.test(part)) throw new Error(`Not fit for a path: ${part}`);
    const directory = join(this.#options.directory, plugin, tenantId);
    if (!this.#made.has(directory)) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      this.#made.add(directory);
    }
    return directory;
  }
}

/** What a plugin logs, with where it comes from and without the secrets that it was given. */
function redacting(logger: Logger, secrets: readonly string[], origin: Record<string, unknown>): HostLogger {
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return secrets.reduce((text, secret) => text.replaceAll(secret, '[secret]'), value);
    if (value instanceof Error) return clean(`${value.name}: ${value.message}`);
    if (typeof value === 'object' && value !== null) return clean(JSON.stringify(value) ?? '');
    return value;
  };
  const at =
    (level: keyof HostLogger): HostLogger[keyof HostLogger] =>
    (message, fields = {}) => {
      const safe = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, clean(value)]));
      logger[level](String(clean(message)), { ...safe, ...origin });
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

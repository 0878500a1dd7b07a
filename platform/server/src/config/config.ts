import type { z } from 'zod';
import { accessConfig, accessSettings } from './access-config.js';
import { cliConfig, cliSettings } from './cli-config.js';
import { clusterConfig, clusterSettings } from './cluster-config.js';
import { dataConfig, dataSettings } from './data-config.js';
import { deliveryConfig, deliverySettings } from './delivery-config.js';
import { enginesConfig, enginesSettings } from './engines-config.js';
import { httpConfig, httpSettings } from './http-config.js';
import { inboxConfig, inboxSettings } from './inbox-config.js';
import { ingestConfig, ingestSettings } from './ingest-config.js';
import { operationsConfig, operationsSettings } from './operations-config.js';
import { retentionConfig, retentionSettings } from './retention-config.js';
import { ROLE_NAMES, rolesConfig, rolesSettings } from './roles-config.js';
import { segmentConfig, segmentSettings } from './segment-config.js';

/** Each concern: its title in the reference, its settings and how they become configuration. */
export const CONCERNS = {
  http: { title: 'HTTP', settings: httpSettings, config: httpConfig },
  roles: { title: 'Roles', settings: rolesSettings, config: rolesConfig },
  data: { title: 'Data', settings: dataSettings, config: dataConfig },
  engines: { title: 'Production engines', settings: enginesSettings, config: enginesConfig },
  cluster: { title: 'Roles apart on one machine', settings: clusterSettings, config: clusterConfig },
  retention: { title: 'Retention', settings: retentionSettings, config: retentionConfig },
  access: { title: 'Access', settings: accessSettings, config: accessConfig },
  ingest: { title: 'Write API', settings: ingestSettings, config: ingestConfig },
  segments: { title: 'Segments', settings: segmentSettings, config: segmentConfig },
  delivery: { title: 'Delivery', settings: deliverySettings, config: deliveryConfig },
  inbox: { title: 'In-app inboxes', settings: inboxSettings, config: inboxConfig },
  operations: { title: 'Operations', settings: operationsSettings, config: operationsConfig },
  cli: { title: 'Command line', settings: cliSettings, config: cliConfig },
} as const;

type Concerns = typeof CONCERNS;
export type Config = { [K in keyof Concerns]: z.output<Concerns[K]['config']> };

/** Every mistake of the configuration at once, each with the name of its variable and the mend. */
export class ConfigError extends Error {
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(
      `The configuration has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.mistakes = mistakes;
  }
}

const isSecret = (settings: z.ZodObject, name: string): boolean => {
  const setting = settings.shape[name] as z.ZodType | undefined;
  return setting?.meta()?.secret === true;
};

/** A `CDP_` variable that no concern knows is most likely misspelt, and would be ignored in silence. */
function misspelt(env: NodeJS.ProcessEnv): string[] {
  const known = new Set(Object.values(CONCERNS).flatMap(({ settings }) => Object.keys(settings.shape)));
  return Object.keys(env)
    .filter((name) => name.startsWith('CDP_') && !known.has(name))
    .map((name) => `${name}: no such setting; see docs/reference/configuration.md`);
}

/** The embedded stores belong to one process: its roles, and the channels that it sends by, are all of them. */
function subsetOnEmbedded(config: Partial<Config>): string[] {
  const { roles, engines, delivery } = config;
  // Of mistaken engines enough is said.
  if (!('engines' in config) || engines !== undefined) return [];
  const mistakes: string[] = [];
  if (roles !== undefined && roles.length < ROLE_NAMES.length)
    mistakes.push(
      `CDP_ROLES: the embedded stores live in one process, which has to run every role; set CDP_ROLES=all, or the production engines (asked for: ${roles.join(', ')})`,
    );
  if (delivery?.channels !== undefined)
    mistakes.push(
      `CDP_DELIVER_CHANNELS: the embedded stores live in one process, which has to send by every channel; set CDP_DELIVER_CHANNELS=all, or the production engines (asked for: ${delivery.channels.join(', ')})`,
    );
  return mistakes;
}

/** Reads the configuration from environment variables; an empty variable counts as absent. Throws `ConfigError`. */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const mistakes: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [concern, { settings, config: schema }] of Object.entries(CONCERNS)) {
    const result = schema.safeParse(given);
    if (result.success) {
      config[concern] = result.data;
      continue;
    }
    for (const issue of result.error.issues) {
      const name = String(issue.path[0]);
      const shown = isSecret(settings, name) ? '' : ` (found: ${JSON.stringify(given[name])})`;
      mistakes.push(`${name}: ${issue.message}${shown}`);
    }
  }
  mistakes.push(...misspelt(given), ...subsetOnEmbedded(config as Partial<Config>));
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return config as Config;
}

import type { JsonObject } from '../kernel/index.js';
import type { SecretBox } from '../tenancy/index.js';

/** Seals channel configurations whole: what is secret in them is for the plugin to say, and may change with its version. */
export class ChannelSecrets {
  readonly #box: Pick<SecretBox, 'seal' | 'open' | 'prepare'>;

  constructor(box: Pick<SecretBox, 'seal' | 'open' | 'prepare'>) {
    this.#box = box;
  }

  async seal(tenantId: string, channelId: string, config: JsonObject): Promise<string> {
    await this.#box.prepare(tenantId);
    return this.#box.seal(tenantId, placeOf(channelId), JSON.stringify(config));
  }

  async open(tenantId: string, channelId: string, sealed: string): Promise<JsonObject> {
    return JSON.parse(await this.#box.open(tenantId, placeOf(channelId), sealed)) as JsonObject;
  }
}

const placeOf = (row: string) => ({ table: 'channels', row, field: 'config' });

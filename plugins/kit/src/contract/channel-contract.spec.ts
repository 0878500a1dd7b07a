import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { CallbackRequest, DeliveryEvent } from '../callback.js';
import type { Channel } from '../channel.js';
import { secret, templated } from '../field.js';
import { type Host, isHostError } from '../host.js';
import type { Message } from '../message.js';
import { later, type Outcome, refused, sent, unknown } from '../outcome.js';
import { definePlugin } from '../plugin.js';
import { channelContract } from './channel-contract.js';
import { CourierDouble } from './courier-double.js';

/** A whole plugin as a stranger would write it, receipts included: what the contract asks can be kept in a hundred lines. */

const config = z.strictObject({
  api: z.url(),
  key: secret(z.string().min(8)),
  callbackKey: secret(z.string().min(8)),
});
const content = z.strictObject({ text: templated(z.string().min(1), { syntax: 'liquid-text' }) });

type Config = z.output<typeof config>;
type Note = Message<z.output<typeof content>>;

const sign = (key: string, timestamp: string, body: Uint8Array) =>
  createHmac('sha256', key).update(`${timestamp}.`).update(body).digest();

class Courier implements Channel<z.output<typeof content>> {
  readonly #config: Config;

  constructor(settings: Config) {
    this.#config = settings;
  }

  send(messages: readonly Note[], host: Host): Promise<Outcome[]> {
    return Promise.all(messages.map((message) => this.#post(message, host)));
  }

  async #post({ id, to, content }: Note, host: Host): Promise<Outcome> {
    try {
      const { status, text } = await host.fetch(`${this.#config.api}/notes`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.#config.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ id, to, text: content.text }),
      });
      if (status === 202) return sent((JSON.parse(text()) as { id: string }).id);
      return status === 422
        ? refused('The courier does not take it.')
        : later(`HTTP ${status}`, { channel: 'failing' });
    } catch (error) {
      if (!isHostError(error)) return unknown(String(error));
      const outcome = error.mayHaveArrived ? unknown : later;
      return outcome(error.message, { channel: 'failing' });
    }
  }

  verifyCallback({ headers, body }: CallbackRequest, host: Host): boolean {
    const timestamp = headers['courier-timestamp'] ?? '';
    if (!/^\d+$/.test(timestamp) || Math.abs(host.clock.now() - Number(timestamp)) > 300_000) return false;
    const given = Buffer.from(headers['courier-signature'] ?? '', 'hex');
    const expected = sign(this.#config.callbackKey, timestamp, body);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  readCallback({ body }: CallbackRequest): DeliveryEvent[] {
    return JSON.parse(Buffer.from(body).toString()) as DeliveryEvent[];
  }
}

channelContract(
  definePlugin({
    manifest: {
      name: 'courier',
      version: '1.0.0',
      channel: 'note',
      kit: '^1',
      displayName: 'Courier',
      address: { trait: 'phone' },
      capabilities: { batch: { max: 10 }, receipts: true, attachments: false, idempotent: false },
    },
    config,
    content,
    open: (settings) => new Courier(settings),
  }),
  {
    start: () => CourierDouble.start(),
    wrongConfigs: {
      nothing: {},
      'a short key': { api: 'https://courier.example', key: 'k', callbackKey: 'long enough' },
    },
    message: (n) => ({ to: `+49${n}`, content: { text: 'Hello' } }),
    callbacks: {
      events: 2,
      genuine: (settings, at) => {
        const events: DeliveryEvent[] = [
          { type: 'delivered', id: 'e1', at, providerId: 'courier-1' },
          { type: 'bounced', id: 'e2', at, messageId: 'm-2', suppress: 'address' },
        ];
        const body = Buffer.from(JSON.stringify(events));
        const signature = sign((settings as Config).callbackKey, String(at), body).toString('hex');
        const headers = { 'courier-timestamp': String(at), 'courier-signature': signature };
        return { method: 'POST', url: 'https://cdp.example/callbacks/c1', headers, body };
      },
    },
  },
);

import { type KeyObject, randomUUID } from 'node:crypto';
import {
  type Channel,
  type Host,
  isHostError,
  type Message,
  type Outcome,
  secretValues,
  sent,
  type TestResult,
  toReason,
  unknown,
} from '@cdp/plugin-kit';
import { readSigningKey, signatureHeaders } from './signature.js';
import { type WebhookConfig, webhookConfigSchema } from './webhook-config.js';
import type { WebhookContent } from './webhook-content.js';
import { outcomeOfHostError, outcomeOfResponse } from './webhook-outcome.js';

/** Standard Webhooks asks for 15 to 30 seconds. */
const TIMEOUT_MS = 15_000;

export class WebhookChannel implements Channel<WebhookContent> {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #keys: KeyObject[];
  readonly #secrets: string[];

  constructor(config: WebhookConfig) {
    this.#url = config.url;
    this.#headers = { 'user-agent': 'CDP-Webhook/1', ...lowerCased(config.headers ?? {}) };
    this.#keys = [config.secret, config.previousSecret].flatMap((secret) => (secret && readSigningKey(secret)) || []);
    this.#secrets = secretValues(webhookConfigSchema, config);
  }

  send(messages: readonly Message<WebhookContent>[], host: Host): Promise<Outcome[]> {
    return Promise.all(messages.map(({ id, content }) => this.#post(id, bodyOf(content), host)));
  }

  /** Posts `{"type":"ping"}`: the whole way, signature included, which no person notices. */
  async test(host: Host): Promise<TestResult> {
    const timestamp = new Date(host.clock.now()).toISOString();
    const outcome = await this.#post(
      `ping-${randomUUID()}`,
      JSON.stringify({ type: 'ping', timestamp, data: {} }),
      host,
    );
    return outcome.kind === 'sent' ? { ok: true } : { ok: false, reason: outcome.reason };
  }

  async #post(id: string, body: string, host: Host): Promise<Outcome> {
    const now = host.clock.now();
    const headers = {
      'content-type': isJson(body) ? 'application/json' : 'text/plain; charset=utf-8',
      ...this.#headers,
      ...signatureHeaders(this.#keys, id, now, body),
    };
    try {
      const response = await host.fetch(this.#url, {
        method: 'POST',
        headers,
        body,
        timeoutMs: TIMEOUT_MS,
        signal: host.signal,
      });
      return response.status >= 200 && response.status < 300
        ? sent()
        : outcomeOfResponse(response, host.clock.now(), this.#hidden(body));
    } catch (error) {
      if (isHostError(error)) return outcomeOfHostError(error, this.#secrets);
      return unknown(toReason(String(error), this.#secrets));
    }
  }

  /** What may not be in a reason: the body comes first, since it is what a receiver is likely to repeat. */
  #hidden(body: string): string[] {
    return [...stringsOf(body), ...this.#secrets];
  }
}

/** The strings inside a body: names, addresses and whatever else a receiver that echoes it would tell. */
function stringsOf(body: string): string[] {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === 'string') found.push(value);
    else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) visit(part);
  };
  try {
    visit(JSON.parse(body));
  } catch {
    found.push(body);
  }
  // The longest first: a part of a value must not spoil the whole.
  return found.sort((a, b) => b.length - a.length);
}

const bodyOf = ({ body }: WebhookContent): string => (typeof body === 'string' ? body : JSON.stringify(body));

const lowerCased = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

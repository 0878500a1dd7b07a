import { setTimeout as pause } from 'node:timers/promises';
import type { TestServer } from './test-server.js';

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers by their documented names.
  body: any;
}

/** Calls the admin API over HTTP as somebody. */
export class Api {
  readonly #url: string;
  readonly #headers: Record<string, string>;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.#url = url;
    this.#headers = headers;
  }

  static async login(server: TestServer, email: string, password: string, tenantId?: string): Promise<Api> {
    const { body } = await new Api(server.url).post('/api/v1/auth/login', { email, password });
    const tenant: Record<string, string> = tenantId === undefined ? {} : { 'x-tenant-id': tenantId };
    return new Api(server.url, { authorization: `Bearer ${body.accessToken}`, ...tenant });
  }

  static owner(server: TestServer): Promise<Api> {
    return Api.login(server, server.demo.owner.email, server.demo.owner.password);
  }

  get(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.send('GET', path, undefined, headers);
  }

  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.send('POST', path, body, headers);
  }

  put(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.send('PUT', path, body, headers);
  }

  patch(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.send('PATCH', path, body, headers);
  }

  delete(path: string): Promise<Answer> {
    return this.send('DELETE', path);
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const json: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(`${this.#url}${path}`, {
      method,
      redirect: 'manual',
      headers: { ...this.#headers, ...json, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== '' ? JSON.parse(text) : text,
    };
  }
}

const PATIENCE_MS = 20_000;

/** Asks until the answer is good: what comes in is worked through behind the door. Fails with the last answer. */
export async function eventually<T>(ask: () => Promise<T>, isGood: (answer: T) => boolean): Promise<T> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (isGood(answer)) return answer;
    if (Date.now() > until)
      throw new Error(`It did not become good in time; the last answer: ${JSON.stringify(answer)}`);
    await pause(20);
  }
}

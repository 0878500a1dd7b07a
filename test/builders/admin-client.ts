import { setTimeout as delay } from 'node:timers/promises';
import { ADMIN_PASSWORD, type Door } from './server-process.js';

/** The admin API of the demo tenant, as the platform admin. */
export class AdminClient {
  readonly #url: string;
  readonly headers: Record<string, string>;

  private constructor(url: string, headers: Record<string, string>) {
    this.#url = url;
    this.headers = headers;
  }

  static async login(server: Door): Promise<AdminClient> {
    const url = await server.listening;
    const answer = await fetch(`${url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'admin@localhost', password: ADMIN_PASSWORD }),
    });
    if (!answer.ok) throw new Error(`The login was answered ${answer.status}: ${await answer.text()}`);
    const { accessToken } = (await answer.json()) as { accessToken: string };
    return new AdminClient(url, { authorization: `Bearer ${accessToken}`, 'x-tenant-id': server.demo.tenantId });
  }

  get = <T>(path: string): Promise<T> => this.#call<T>('GET', path, undefined);
  post = <T>(path: string, body: unknown = {}): Promise<T> => this.#call<T>('POST', path, body);
  put = <T>(path: string, body: unknown): Promise<T> => this.#call<T>('PUT', path, body);

  /** Asks until the answer is as wanted. */
  async until<T>(path: string, wanted: (answer: T) => boolean): Promise<T> {
    for (;;) {
      const answer = await this.get<T>(path);
      if (wanted(answer)) return answer;
      await delay(20);
    }
  }

  /** A segment that is built and live. */
  async segment(name: string, rule: unknown): Promise<{ id: string; size: number }> {
    const { id } = await this.post<{ id: string }>('/segments', { name, rule });
    return this.until<{ id: string; size: number; state: string }>(`/segments/${id}`, ({ state }) => state === 'ready');
  }

  async #call<T>(method: string, path: string, body: unknown): Promise<T> {
    const answer = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      headers: { ...this.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}

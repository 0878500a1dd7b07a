/** The admin API as a script uses it: JSON in, JSON out, an answer that is no success is an error that shows it. */
export class AdminClient {
  readonly #base: string;
  readonly #headers: Record<string, string>;

  private constructor(base: string, headers: Record<string, string>) {
    this.#base = base;
    this.#headers = headers;
  }

  static async login(base: string, email: string, password: string): Promise<AdminClient> {
    const anonymous = new AdminClient(base, {});
    const { accessToken } = await anonymous.post<{ accessToken: string }>('/api/v1/auth/login', { email, password });
    return new AdminClient(base, { authorization: `Bearer ${accessToken}` });
  }

  forTenant(tenantId: string): AdminClient {
    return new AdminClient(this.#base, { ...this.#headers, 'x-tenant-id': tenantId });
  }

  get<T>(path: string): Promise<T> {
    return this.#call('GET', path);
  }

  post<T>(path: string, body: object = {}): Promise<T> {
    return this.#call('POST', path, body);
  }

  async #call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.#base}${path}`, {
      method,
      headers: { ...this.#headers, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}

/** Asks again until the answer is there; an error that says what was waited for when it does not come. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>, withinMs = 120_000): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`Waited ${withinMs / 1_000} s for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

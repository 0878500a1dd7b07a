import type { NestFastifyApplication } from '@nestjs/platform-fastify';

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers by their documented names.
  body: any;
  headers: Record<string, string | string[] | undefined>;
}

type Headers = Record<string, string>;

/** Asks the application over HTTP as somebody who is logged in, or as nobody. */
export class Client {
  constructor(
    private readonly app: NestFastifyApplication,
    private readonly headers: Headers = {},
  ) {}

  with(headers: Headers): Client {
    return new Client(this.app, { ...this.headers, ...headers });
  }

  async login(email: string, password: string): Promise<Client> {
    const { body } = await this.post('/api/v1/auth/login', { email, password });
    return this.with({ authorization: `Bearer ${body.accessToken}` });
  }

  get(url: string, headers?: Headers): Promise<Answer> {
    return this.ask('GET', url, undefined, headers);
  }

  post(url: string, body?: unknown, headers?: Headers): Promise<Answer> {
    return this.ask('POST', url, body, headers);
  }

  patch(url: string, body: unknown, headers?: Headers): Promise<Answer> {
    return this.ask('PATCH', url, body, headers);
  }

  delete(url: string, headers?: Headers): Promise<Answer> {
    return this.ask('DELETE', url, undefined, headers);
  }

  async ask(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    body?: unknown,
    headers: Headers = {},
  ): Promise<Answer> {
    const answer = await this.app.inject({
      method,
      url,
      headers: { ...this.headers, ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { payload: JSON.stringify(body) }),
    });
    return {
      status: answer.statusCode,
      body: answer.body === '' ? undefined : JSON.parse(answer.body),
      headers: answer.headers as Answer['headers'],
    };
  }
}

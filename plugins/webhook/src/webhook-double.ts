import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { Account, Behaviour, ProviderDouble } from '@cdp/plugin-kit/contract';

export interface ReceivedCall {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export const SECRETS: Record<Account, string> = {
  first: `whsec_${Buffer.from('first-account-signing-key-32byte').toString('base64')}`,
  second: `whsec_${Buffer.from('second-account-signing-key-32byt').toString('base64')}`,
};

/** Two receivers of webhooks, `/first` and `/second`, on a loopback port that stays the same when they go down and come back. */
export class WebhookDouble implements ProviderDouble {
  readonly calls: ReceivedCall[] = [];
  /** An answer of its own instead of the behaviour's. */
  answer: { status: number; headers?: Record<string, string>; body?: string } | undefined;
  #server: Server | undefined;
  #port = 0;
  #behaviour: Behaviour = 'accept';
  #read = 0;
  readonly #taken: { id: string; path: string }[] = [];
  #watchers: (() => void)[] = [];

  static async start(): Promise<WebhookDouble> {
    const double = new WebhookDouble();
    await double.#listen();
    return double;
  }

  config(account: Account): Record<string, unknown> {
    return {
      url: `http://127.0.0.1:${this.#port}/${account}`,
      secret: SECRETS[account],
      headers: { Authorization: `Bearer token-of-${account}-77aa` },
    };
  }

  async behave(behaviour: Behaviour): Promise<void> {
    this.#behaviour = behaviour;
    this.#read = 0;
    if (behaviour === 'down') await this.#close();
    else if (!this.#server) await this.#listen();
  }

  taken(account: Account): string[] {
    return this.#taken.filter(({ path }) => path === `/${account}`).map(({ id }) => id);
  }

  async read(count: number): Promise<void> {
    while (this.#read < count) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  async idle(): Promise<void> {}

  stop(): Promise<void> {
    return this.#close();
  }

  async #listen(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('error', () => undefined);
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const path = request.url ?? '';
        this.calls.push({ path, headers: request.headers, body });
        this.#read++;
        for (const watcher of this.#watchers.splice(0)) watcher();
        if (this.#behaviour === 'hang') return;
        const { status, headers, body: said } = this.answer ?? this.#answerTo(body);
        // A receiver that tells everything it got, as debuggers do.
        const echo = status >= 300 ? `${JSON.stringify(request.headers)}` : '';
        if (status < 300) this.#taken.push({ id: String(request.headers['webhook-id']), path });
        response.writeHead(status, headers);
        response.end(said ?? echo);
      });
    });
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address === 'object' && address) this.#port = address.port;
  }

  async #close(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  #answerTo(body: string): { status: number; headers?: Record<string, string>; body?: string } {
    const number = Number(/"n":(\d+)/.exec(body)?.[1] ?? 0);
    if (this.#behaviour === 'busy') return { status: 503 };
    if (this.#behaviour === 'refuse' || (this.#behaviour === 'half' && number % 2 === 1)) return { status: 422 };
    return { status: 204 };
  }
}

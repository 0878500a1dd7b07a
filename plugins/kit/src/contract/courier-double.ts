import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Account, Behaviour, ProviderDouble } from './fixture.js';

/** The API of an imaginary courier: POST a note with a bearer key, get an id. One port over all its ups and downs. */
export class CourierDouble implements ProviderDouble {
  readonly #taken: { id: string; key: string }[] = [];
  #server: Server | undefined;
  #port = 0;
  #behaviour: Behaviour = 'accept';
  #read = 0;
  #watchers: (() => void)[] = [];

  static async start(): Promise<CourierDouble> {
    const double = new CourierDouble();
    await double.#listen();
    return double;
  }

  config(account: Account): Record<string, unknown> {
    return {
      api: `http://127.0.0.1:${this.#port}`,
      key: `key-of-${account}-5e1f`,
      callbackKey: `callback-key-of-${account}`,
    };
  }

  async behave(behaviour: Behaviour): Promise<void> {
    this.#behaviour = behaviour;
    this.#read = 0;
    if (behaviour === 'down') await this.stop();
    else if (!this.#server) await this.#listen();
  }

  taken(account: Account): string[] {
    return this.#taken.filter(({ key }) => key === `Bearer key-of-${account}-5e1f`).map(({ id }) => id);
  }

  async read(count: number): Promise<void> {
    while (this.#read < count) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  async idle(): Promise<void> {}

  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  async #listen(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () =>
        this.#answer(Buffer.concat(chunks).toString(), request.headers.authorization ?? '', response),
      );
    });
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address === 'object' && address) this.#port = address.port;
  }

  #answer(body: string, key: string, response: ServerResponse): void {
    this.#read++;
    for (const watcher of this.#watchers.splice(0)) watcher();
    const { id, to } = JSON.parse(body) as { id: string; to: string };
    const odd = Number(/\d+/.exec(to)?.[0] ?? 0) % 2 === 1;
    const refuses = this.#behaviour === 'refuse' || (this.#behaviour === 'half' && odd);
    if (this.#behaviour === 'hang') return;
    if (!refuses && this.#behaviour !== 'busy') this.#taken.push({ id, key });
    response.writeHead(refuses ? 422 : this.#behaviour === 'busy' ? 503 : 202);
    response.end(JSON.stringify({ id: `courier-${id}` }));
  }
}

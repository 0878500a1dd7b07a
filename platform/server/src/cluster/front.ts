import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import type { RoleName } from '../config/index.js';
import { roleOfPath } from './role-of-path.js';

/** A process that requests can be handed to. */
export interface Upstream {
  port: number;
  roles: readonly RoleName[];
}

/** Headers that are of one connection and not of the request. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
]);

const AWAY = JSON.stringify({
  type: 'about:blank',
  title: 'Service Unavailable',
  status: 503,
  code: 'unavailable',
  detail: 'No process that answers this is up just now; try again.',
});

/** The one port before the processes of a cluster: each request goes to a process with the role that answers its path, in turn. */
export class Front {
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 512 });
  readonly #upstreams = new Map<Upstream, { underWay: number; idle: (() => void)[] }>();
  #turn = 0;

  constructor() {
    this.#server = createServer((incoming, answer) => this.#hand(incoming, answer));
    // The processes behind it bound what they take; uploads may be long.
    this.#server.requestTimeout = 0;
  }

  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  get size(): number {
    return this.#upstreams.size;
  }

  add(upstream: Upstream): void {
    this.#upstreams.set(upstream, { underWay: 0, idle: [] });
  }

  /** Hands it nothing more, and resolves when what it was handed is answered, or after `withinMs`. */
  async remove(upstream: Upstream, withinMs: number): Promise<void> {
    const known = this.#upstreams.get(upstream);
    this.#upstreams.delete(upstream);
    if (!known || known.underWay === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      new Promise<void>((resolve) => known.idle.push(resolve)),
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, withinMs);
      }),
    ]);
    clearTimeout(timer);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#agent.destroy();
  }

  #hand(incoming: IncomingMessage, answer: ServerResponse): void {
    const path = (incoming.url ?? '/').split('?', 1)[0] as string;
    const role = roleOfPath(path);
    const able = [...this.#upstreams].filter(([{ roles }]) => roles.includes(role));
    const chosen = able[this.#turn++ % Math.max(1, able.length)];
    if (!chosen) {
      away(answer);
      return;
    }
    const [{ port }, load] = chosen;
    load.underWay++;
    answer.once('close', () => {
      if (--load.underWay === 0) for (const resolve of load.idle.splice(0)) resolve();
    });
    const headers = Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => !HOP_BY_HOP.has(name)));
    const client = incoming.socket.remoteAddress ?? '';
    const before = incoming.headers['x-forwarded-for'];
    headers['x-forwarded-for'] = before === undefined ? client : `${before}, ${client}`;
    const outgoing = request(
      { host: '127.0.0.1', port, method: incoming.method, path: incoming.url, headers, agent: this.#agent },
      (response) => {
        const kept = Object.entries(response.headers).filter(([name]) => !HOP_BY_HOP.has(name));
        answer.writeHead(response.statusCode ?? 502, Object.fromEntries(kept));
        pipeline(response, answer, () => {});
      },
    );
    outgoing.once('error', () => away(answer));
    answer.once('close', () => outgoing.destroy());
    pipeline(incoming, outgoing, () => {});
  }
}

function away(answer: ServerResponse): void {
  if (answer.headersSent) {
    answer.destroy();
    return;
  }
  answer.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '1', connection: 'close' });
  answer.end(AWAY);
}

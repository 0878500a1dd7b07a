import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to a request on its way to the server. */
export type Happening =
  | { kind: 'answer'; status: number; body?: unknown }
  /** The server does as it is asked, and its answer is changed. */
  | { kind: 'change'; change: (answer: string) => string }
  /** The server does as it is asked, and its answer is lost. */
  | { kind: 'lose' }
  | { kind: 'silence' };

export interface Trouble {
  url: string;
  /** Requests that came, each as `METHOD /path`. */
  requests: string[];
  /** Is asked for every request; undefined lets it pass. */
  happen: (method: string, path: string, body: string) => Happening | undefined;
  remove(): Promise<void>;
}

/** A way to a real server on which things happen that a server cannot be made to do at will. */
export async function troubleBefore(target: string): Promise<Trouble> {
  const trouble: Omit<Trouble, 'url' | 'remove'> = { requests: [], happen: () => undefined };
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const path = incoming.url as string;
      trouble.requests.push(`${incoming.method} ${path.split('?')[0]}`);
      const body = Buffer.concat(chunks);
      pass(target, incoming, body, outgoing, trouble.happen(incoming.method as string, path, body.toString()));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(trouble, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    remove: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function pass(
  target: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  outgoing: ServerResponse,
  happening: Happening | undefined,
): void {
  if (happening?.kind === 'silence') return;
  if (happening?.kind === 'answer') {
    outgoing.writeHead(happening.status, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' });
    outgoing.end(JSON.stringify(happening.body ?? {}));
    return;
  }
  const onward = request(new URL(url as string, target), { method, headers }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('end', () => {
      if (happening?.kind === 'lose') {
        outgoing.destroy();
        return;
      }
      const text = Buffer.concat(chunks).toString();
      const { 'content-length': _, ...rest } = answer.headers;
      outgoing.writeHead(answer.statusCode as number, rest);
      outgoing.end(happening?.kind === 'change' ? happening.change(text) : text);
    });
  });
  onward.on('error', () => outgoing.destroy());
  onward.end(body);
}

import type { FastifyInstance } from 'fastify';

interface Route {
  method: string;
  /** In the router's notation, such as `/v1/events/:messageId/status`. */
  url: string;
}

/** What is registered with the router: tells 404 from 405, and holds the API reference against the truth. */
export class RouteTable {
  readonly #routes: Route[] = [];

  /** Notes every route registered from now on. */
  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', (route) => {
      for (const method of [route.method].flat()) this.#routes.push({ method, url: route.url });
    });
  }

  all(): readonly Route[] {
    return this.#routes;
  }

  /** The methods that a path answers to, whichever way it was asked. */
  methodsOf(path: string): string[] {
    const methods = this.#routes
      .filter(({ method, url }) => method !== 'OPTIONS' && fits(url, path))
      .map(({ method }) => method);
    return [...new Set(methods)].sort();
  }
}

function fits(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === '/*') return false;
  const parts = pattern.split('/');
  const given = (path.length > 1 ? path.replace(/\/$/, '') : path).split('/');
  const wildcard = parts.at(-1) === '*';
  if (wildcard ? given.length < parts.length : given.length !== parts.length) return false;
  return parts.every(
    (part, at) => (part === '*' && at === parts.length - 1) || part.startsWith(':') || part === given[at],
  );
}

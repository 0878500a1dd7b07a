import type { OpenApiRoute, Schema } from '../builders/open-api-routes.js';
import { damaged, deepened, type HostileBody, hostileBodies } from './hostile-bodies.js';
import type { Random } from './random.js';
import { HOSTILE_TEXTS, type KnownIds, RandomJson } from './random-json.js';

export interface FuzzRequest {
  /** What it is, for the message of a failure. */
  name: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: Buffer;
}

/** How to get in, for each kind of door. */
export interface Credentials {
  login: Record<string, string>[];
  app: Record<string, string>[];
  /** A login that may end. */
  spare: Record<string, string>;
}

export interface RandomRequestsOptions {
  random: Random;
  routes: OpenApiRoute[];
  schemas: Record<string, Schema>;
  known: KnownIds;
  credentials: Credentials;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'];
const CONTENT_TYPES = [
  'application/json',
  'application/json; charset=utf-16',
  'text/plain',
  'text/csv',
  'application/x-www-form-urlencoded',
  'application/x-ndjson',
  'multipart/form-data',
  'multipart/form-data; boundary=x',
  'application/octet-stream',
  'nonsense',
  '; ;',
  '*/*',
];

/** Requests that are nearly right, and requests that are anything but. */
export class RandomRequests {
  readonly #options: RandomRequestsOptions;
  readonly #json: RandomJson;
  readonly #hostile: HostileBody[] = hostileBodies();
  readonly #writes: OpenApiRoute[];
  /** Each hostile body comes once before chance takes over. */
  #turn = 0;

  constructor(options: RandomRequestsOptions) {
    this.#options = options;
    this.#json = new RandomJson(options.random, options.schemas, options.known);
    this.#writes = options.routes.filter(({ door, method }) => door === 'app' && method === 'POST');
  }

  next(): FuzzRequest {
    const { random } = this.#options;
    return random.chance(0.2) ? this.#hostileRequest() : this.#ofRoute(random.pick(this.#options.routes));
  }

  #hostileRequest(): FuzzRequest {
    const { random, credentials, routes } = this.#options;
    const body = this.#hostile[this.#turn++ % this.#hostile.length] as HostileBody;
    const everywhere = random.chance(0.2);
    const route = random.pick(everywhere ? routes.filter(({ method }) => method !== 'GET') : this.#writes);
    const login = route.operationId === 'auth_logout' ? credentials.spare : random.pick(credentials.login);
    const headers = {
      ...(route.door === 'login' ? login : random.pick(credentials.app)),
      'content-type': random.chance(0.8) ? 'application/json' : random.pick(CONTENT_TYPES),
      ...body.headers,
    };
    return {
      name: `${route.operationId}: ${body.name}`,
      method: route.method,
      path: this.#path(route),
      headers,
      body: body.bytes,
    };
  }

  #ofRoute(route: OpenApiRoute): FuzzRequest {
    const { random } = this.#options;
    const method = random.chance(0.05) ? random.pick(METHODS) : route.method;
    const headers: Record<string, string> = { ...this.#credentials(route), ...this.#oddHeaders() };
    const request: FuzzRequest = { name: route.operationId, method, path: this.#path(route), headers };
    if (route.body || (method !== 'GET' && random.chance(0.1))) {
      request.body = this.#body(route.body ?? {});
      headers['content-type'] = random.chance(0.93) ? 'application/json' : random.pick(CONTENT_TYPES);
    }
    return request;
  }

  #body(schema: Schema): Buffer {
    const { random } = this.#options;
    let value = this.#json.fitting(schema);
    if (random.chance(0.5)) value = this.#json.broken(value);
    const bytes = Buffer.from(JSON.stringify(value) ?? '');
    if (random.chance(0.02)) return deepened(random, bytes);
    return random.chance(0.05) ? damaged(random, bytes) : bytes;
  }

  #credentials(route: OpenApiRoute): Record<string, string> {
    const { random, credentials } = this.#options;
    // A login that ended would turn the rest of the run into refusals.
    if (route.operationId === 'auth_logout') return credentials.spare;
    if (random.chance(0.03)) return {};
    if (random.chance(0.04))
      return {
        authorization: random.pick([
          'Basic',
          'Basic !!!!',
          `Basic ${Buffer.from(':').toString('base64')}`,
          `Basic ${Buffer.from('\0:\0').toString('base64')}`,
          `Basic ${'A'.repeat(8_000)}`,
          'Bearer',
          'Bearer a.b.c',
          `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`,
          'Digest x',
          'constructor',
        ]),
      };
    return random.pick(route.door === 'login' ? credentials.login : credentials.app);
  }

  #oddHeaders(): Record<string, string> {
    const { random } = this.#options;
    if (random.chance(0.85)) return {};
    return random.pick<Record<string, string>>([
      { 'x-long': 'v'.repeat(12_000) },
      { 'if-match': random.pick(['"1"', '*', 'W/"1"', '"x"', '', '"99999999999999999999"']) },
      { 'idempotency-key': random.pick(['', 'k', 'k'.repeat(2_000), '__proto__', `${random.int(1e9)}`]) },
      { 'x-tenant-id': random.pick(['nobody', '__proto__', '', 'x'.repeat(5_000)]) },
      { accept: random.pick(['text/html', 'nonsense', '*/*;q=9']) },
      { origin: random.pick(['null', 'https://evil.example', 'not an origin']) },
      { cookie: 'cdp_session=a.b.c; =; ;;;__proto__=1' },
      { 'x-forwarded-for': '999.999.999.999, ::ffff:127.0.0.1' },
      { traceparent: '00-zz-zz-zz' },
      { 'x-correlation-id': 'c'.repeat(3_000) },
      { 'x-write-key': random.pick([':', 'a:b:c', '__proto__']) },
      { range: 'bytes=9-1' },
    ]);
  }

  #path(route: OpenApiRoute): string {
    const { random } = this.#options;
    const resource = /^\/(?:api\/)?v1\/([^/]+)/.exec(route.path)?.[1] ?? '';
    const filled = route.path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => {
      const known = this.#options.known.idFor(name === 'id' ? resource : name);
      if (known !== undefined && random.chance(0.75)) return encodeURIComponent(known);
      return random.chance(0.1)
        ? random.pick(['%', '%zz', '%00', '%c0%80', '..%2f'])
        : encoded(random.pick(HOSTILE_TEXTS));
    });
    const query = route.query
      .filter(() => random.chance(0.4))
      .map(({ name, schema }) => {
        const value = random.chance(0.7) ? this.#json.fitting(schema, name) : random.pick(HOSTILE_TEXTS);
        return `${name}=${random.chance(0.03) ? '%zz' : encoded(String(value))}`;
      });
    if (random.chance(0.05))
      query.push(random.pick(['__proto__[x]=1', 'limit=1&limit=2', 'unknown=1', 'limit[]=5', '&&=&']));
    return query.length > 0 ? `${filled}?${query.join('&')}` : filled;
  }
}

/** Short enough for a request line, in characters that one may have. */
const encoded = (text: string): string => encodeURIComponent(text.slice(0, 2_000).toWellFormed());

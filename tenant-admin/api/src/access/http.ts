/** What the access layer needs of a request: Fastify's own has it. */
export interface HttpRequest {
  id: string;
  method: string;
  url: string;
  ip: string;
  protocol: string;
  host: string;
  headers: Record<string, string | string[] | undefined>;
  params: Record<string, string>;
  body: unknown;
}

export interface HttpReply {
  header(name: string, value: string | string[]): unknown;
  status(code: number): unknown;
}

export const headerOf = (request: HttpRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** Methods that change nothing, which a link on any page may make. */
export const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD' || method === 'OPTIONS';

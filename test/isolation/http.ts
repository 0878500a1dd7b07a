export interface Answer {
  status: number;
  text: string;
}

export type Headers = Record<string, string>;

const PATIENCE_MS = 30_000;

/** One request as somebody. A tail that does not end is read for its head alone. */
export async function ask(
  url: string,
  method: string,
  path: string,
  headers: Headers,
  body?: unknown,
): Promise<Answer> {
  const json: Headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const abort = new AbortController();
  const response = await fetch(`${url}${path}`, {
    method,
    redirect: 'manual',
    signal: AbortSignal.any([abort.signal, AbortSignal.timeout(PATIENCE_MS)]),
    headers: { ...json, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    abort.abort();
    return { status: response.status, text: '' };
  }
  return { status: response.status, text: await response.text() };
}

/** The same, of which a good answer is expected. */
export async function askWell<T>(
  url: string,
  method: string,
  path: string,
  headers: Headers,
  body?: unknown,
): Promise<T> {
  const { status, text } = await ask(url, method, path, headers, body);
  if (status >= 300) throw new Error(`${method} ${path} was answered ${status}: ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

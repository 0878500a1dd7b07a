import { HostError, type HostRequest, type HostResponse, isHostError } from '@cdp/plugin-kit';
import type { Dispatcher } from 'undici';

export interface ExchangeLimits {
  timeoutMs: number;
  maxResponseBytes: number;
}

type Headers = Record<string, string | string[] | undefined>;

/** One request and its whole answer. Goes below undici's `request` to know the moment from which bytes may have gone out. */
export const exchange = (
  agent: Dispatcher,
  url: URL,
  request: HostRequest,
  limits: ExchangeLimits,
): Promise<HostResponse> =>
  new Promise<HostResponse>((resolve, reject) => {
    const { signal } = request;
    if (signal?.aborted) return reject(new HostError('aborted', 'Given up before the request went out.', false));

    const chunks: Buffer[] = [];
    let size = 0;
    let status = 0;
    let headers: Headers = {};
    let controller: Dispatcher.DispatchController | undefined;
    let over = false;

    const settle = (act: () => void) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const stop = (error: HostError) => {
      settle(() => reject(error));
      controller?.abort(error);
    };
    const started = () => controller !== undefined;
    const onAbort = () => stop(new HostError('aborted', 'Given up before the answer came.', started()));
    const onTimeout = () => stop(new HostError('timeout', `No answer within ${limits.timeoutMs} ms.`, started()));

    const timer = setTimeout(onTimeout, limits.timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });

    agent.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: (request.method ?? 'GET') as Dispatcher.HttpMethod,
        headers: request.headers ?? {},
        body: request.body ?? null,
      },
      {
        onRequestStart(given) {
          // It waited for a connection until nobody waited for it any more: nothing is written.
          if (over) given.abort(new Error('No longer wanted.'));
          else controller = given;
        },
        onResponseStart(_controller, statusCode, received) {
          status = statusCode;
          headers = received;
        },
        onResponseData(_controller, chunk) {
          size += chunk.length;
          if (size <= limits.maxResponseBytes) chunks.push(chunk);
          else stop(new HostError('too_large', `An answer of more than ${limits.maxResponseBytes} bytes.`, true));
        },
        onResponseEnd() {
          settle(() => resolve(toResponse(status, headers, chunks)));
        },
        onResponseError(_controller, error) {
          settle(() => reject(toHostError(error, url, started(), limits)));
        },
      },
    );
  });

function toResponse(status: number, received: Headers, chunks: Buffer[]): HostResponse {
  const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(received)) {
    if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return { status, headers, body, text: () => body.toString('utf8') };
}

function toHostError(error: Error, url: URL, started: boolean, limits: ExchangeLimits): HostError {
  if (isHostError(error)) return error;
  const code = (error as NodeJS.ErrnoException).code ?? error.name;
  if (code === 'UND_ERR_CONNECT_TIMEOUT')
    return new HostError('timeout', `No connection within ${limits.timeoutMs} ms.`, false);
  if (started)
    return new HostError(
      'broken',
      `The connection to ${url.host} broke before the answer was complete (${code}).`,
      true,
    );
  return new HostError('unreachable', `No connection to ${url.host} (${code}).`, false);
}

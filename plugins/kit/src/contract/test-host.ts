import { lookup } from 'node:dns/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type Host, HostError, type HostFetch, type HostLogger, type HostResponse } from '../host.js';
import type { HostInbox } from '../inbox.js';

export interface TestHost extends Host {
  /** Everything that was logged, as JSON. */
  readonly lines: string[];
}

export interface TestHostOptions {
  now?: () => number;
  signal?: AbortSignal;
  directory?: string;
  inbox?: HostInbox;
}

/** A host without guards, for tests against doubles on loopback. */
export function testHost(options: TestHostOptions = {}): TestHost {
  const lines: string[] = [];
  const write =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      lines.push(JSON.stringify({ level, message, ...fields }));
    };
  const logger: HostLogger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const signal = options.signal ?? new AbortController().signal;
  return {
    lines,
    logger,
    signal,
    clock: { now: options.now ?? Date.now },
    fetch: plainFetch(signal),
    resolve: async (hostname) => {
      const { address, family } = await lookup(hostname);
      return { address, family: family === 6 ? 6 : 4 };
    },
    ...(options.directory !== undefined && { directory: options.directory }),
    ...(options.inbox && { inbox: options.inbox }),
  };
}

const plainFetch =
  (ownSignal: AbortSignal): HostFetch =>
  (url, request = {}) =>
    new Promise<HostResponse>((resolve, reject) => {
      const signal = request.signal ?? ownSignal;
      if (signal.aborted) return reject(new HostError('aborted', 'Given up before it was sent.', false));
      const send = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest;
      let connected = false;
      let timedOut = false;
      const fail = (cause: Error) => {
        const code = timedOut ? 'timeout' : signal.aborted ? 'aborted' : connected ? 'broken' : 'unreachable';
        reject(new HostError(code, cause.message, connected));
      };
      const call = send(
        url,
        {
          method: request.method ?? 'GET',
          headers: request.headers,
          signal,
          agent: false,
          timeout: request.timeoutMs ?? 15_000,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', fail);
          response.on('end', () => {
            const body = Buffer.concat(chunks);
            const headers = Object.fromEntries(
              Object.entries(response.headers).map(([name, value]) => [
                name,
                Array.isArray(value) ? value.join(', ') : (value ?? ''),
              ]),
            );
            resolve({ status: response.statusCode ?? 0, headers, body, text: () => body.toString() });
          });
        },
      );
      call.on('socket', (socket) => {
        socket.once('connect', () => {
          connected = true;
        });
      });
      call.on('timeout', () => {
        timedOut = true;
        call.destroy(new Error('No answer in time.'));
      });
      call.on('error', fail);
      call.end(request.body);
    });

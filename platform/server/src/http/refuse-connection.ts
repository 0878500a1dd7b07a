import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problemOf } from './problem.js';

const NOTED: Record<string, { status: number; detail: string }> = {
  HPE_HEADER_OVERFLOW: { status: 431, detail: 'The address and headers are too long together.' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, detail: 'The extensions of chunks are too long.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: 'The request did not come whole in time.' },
};
const NOT_HTTP = { status: 400, detail: 'This is not a well-formed HTTP request.' };

/** Answers what the HTTP parser could not read, so that there is no request to answer, and ends the connection. */
export function refuseConnection(error: Error, socket: Socket): void {
  const code = (error as { code?: string }).code ?? '';
  if (code === 'ECONNRESET' || socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy(error);
    return;
  }
  const { status, detail } = (Object.hasOwn(NOTED, code) ? NOTED[code] : undefined) ?? NOT_HTTP;
  const body = JSON.stringify(problemOf(status, detail, randomUUID()));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  // What came before on this connection may be half answered: nothing more can be told apart on it.
  socket.end(`${head.join('\r\n')}\r\n\r\n${asksForHead(error) ? '' : body}`);
}

/** The method of what could not be read, as far as it begins what came last: a client that asked for a head takes no body. */
function asksForHead(error: Error): boolean {
  const { rawPacket } = error as { rawPacket?: Buffer };
  return rawPacket?.toString('latin1', 0, 5) === 'HEAD ';
}

/** Answers an `Expect` other than `100-continue`. */
export function refuseExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const body = JSON.stringify(problemOf(417, 'Only 100-continue can be expected.', randomUUID()));
  response.writeHead(417, { 'content-type': 'application/problem+json; charset=utf-8', connection: 'close' }).end(body);
}

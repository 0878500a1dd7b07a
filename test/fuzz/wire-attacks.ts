import { connect } from 'node:net';

/** Requests that no client library would send, as bytes. */
export function wireAttacks(host: string, authorization: string): { name: string; bytes: string }[] {
  const head = (line: string, headers: string[] = []): string =>
    [line, `Host: ${host}`, `Authorization: ${authorization}`, ...headers].join('\r\n');
  const post = (headers: string[], body: string): string =>
    `${head('POST /v1/track HTTP/1.1', headers)}\r\n\r\n${body}`;
  const event = '{"event":"Viewed","userId":"wire"}';
  return [
    { name: 'no HTTP at all', bytes: 'hello\r\n\r\n' },
    { name: 'TLS to a plain port', bytes: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' },
    { name: 'chunks without a size', bytes: post(['Transfer-Encoding: chunked'], 'zz\r\n{}\r\n0\r\n\r\n') },
    { name: 'a chunk of an endless size', bytes: post(['Transfer-Encoding: chunked'], 'ffffffffffffffffff\r\n{}') },
    { name: 'a length and chunks', bytes: post(['Content-Length: 5', 'Transfer-Encoding: chunked'], `0\r\n\r\n`) },
    { name: 'a negative length', bytes: post(['Content-Length: -1'], event) },
    { name: 'two lengths', bytes: post(['Content-Length: 5', 'Content-Length: 6'], event) },
    { name: 'a length that is none', bytes: post(['Content-Length: many'], event) },
    { name: 'headers beyond all bounds', bytes: head('GET /healthz HTTP/1.1', [`X-Long: ${'v'.repeat(100_000)}`]) },
    { name: '3,000 headers', bytes: `${head('GET /healthz HTTP/1.1', Array(3_000).fill('A: b'))}\r\n\r\n` },
    { name: 'a header with NUL', bytes: `${head('GET /healthz HTTP/1.1', ['X-A: a\0b'])}\r\n\r\n` },
    { name: 'a header without a name', bytes: `${head('GET /healthz HTTP/1.1', [': b'])}\r\n\r\n` },
    { name: 'an address beyond all bounds', bytes: `${head(`GET /${'a'.repeat(30_000)} HTTP/1.1`)}\r\n\r\n` },
    { name: 'a method of its own', bytes: `${head('FROB /v1/track HTTP/1.1')}\r\n\r\n` },
    { name: 'HTTP/9.9', bytes: `${head('GET /healthz HTTP/9.9')}\r\n\r\n` },
    { name: 'an address with NUL', bytes: `${head('GET /v1/\0 HTTP/1.1')}\r\n\r\n` },
    { name: 'no host', bytes: 'GET /healthz HTTP/1.1\r\n\r\n' },
    {
      name: 'expects what it cannot get',
      bytes: post(['Expect: 200-maybe', `Content-Length: ${event.length}`], event),
    },
    {
      name: 'upgrade',
      bytes: `${head('GET /healthz HTTP/1.1', ['Connection: Upgrade', 'Upgrade: websocket'])}\r\n\r\n`,
    },
    { name: 'connect', bytes: `CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n` },
  ];
}

/** Writes the bytes, ends its side, and resolves with what came back when the other side is done. */
export function sendBytes(port: number, bytes: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let answer = '';
    socket.setTimeout(timeoutMs, () => {
      socket.destroy();
      reject(new Error(`No end within ${timeoutMs} ms.`));
    });
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    // A reset is an answer too.
    socket.on('error', () => resolve(answer));
    socket.on('close', () => resolve(answer));
    socket.end(Buffer.from(bytes, 'latin1'));
  });
}

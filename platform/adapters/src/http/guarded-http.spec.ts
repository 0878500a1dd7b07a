import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GuardedHttp, type GuardedHttpOptions } from './guarded-http.js';
import { isPublicAddress } from './public-address.js';

describe('a public address', () => {
  it.each([
    '1.1.1.1',
    '93.184.216.34',
    '172.15.255.255',
    '172.32.0.1',
    '2606:4700:4700::1111',
    '2a00:1450:4001:82a::200e',
    '::ffff:8.8.8.8',
  ])('is %s', (address) => expect(isPublicAddress(address)).toBe(true));

  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    'example.org',
    '',
  ])('is not %j', (address) => expect(isPublicAddress(address)).toBe(false));
});

describe('guarded HTTP', () => {
  let server: Server;
  let port: number;
  let requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const made: GuardedHttp[] = [];
  const raw: TcpServer[] = [];

  const http = (options: Partial<GuardedHttpOptions> = {}) => {
    const one = new GuardedHttp({ privateNetwork: 'allow', ...options });
    made.push(one);
    return one;
  };
  const here = (path = '/') => `http://127.0.0.1:${port}${path}`;
  const tcp = async (onConnection: Parameters<typeof createTcpServer>[1]): Promise<number> => {
    const listener = createTcpServer(onConnection);
    raw.push(listener);
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return (listener.address() as AddressInfo).port;
  };

  beforeEach(async () => {
    requests = [];
    answer = (_request, response) => response.end('hello');
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
        answer(request, response);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await Promise.all(made.splice(0).map((one) => one.close()));
    await Promise.all([server, ...raw.splice(0)].map((one) => new Promise((resolve) => one.close(resolve))));
  });

  it('carries method, path, headers and body there, and status, headers and body back', async () => {
    answer = (_request, response) => {
      response.writeHead(418, { 'X-Kind': 'teapot', 'Set-Cookie': ['a=1', 'b=2'] });
      response.end('short and stout');
    };
    const response = await http().fetch(here('/pot?size=1'), { method: 'POST', headers: { 'x-a': 'b' }, body: 'tea' });
    expect(requests).toMatchObject([{ method: 'POST', url: '/pot?size=1', headers: { 'x-a': 'b' }, body: 'tea' }]);
    expect(response).toMatchObject({ status: 418, headers: { 'x-kind': 'teapot', 'set-cookie': 'a=1, b=2' } });
    expect(response.text()).toBe('short and stout');
  });

  it('gives redirects back and follows none', async () => {
    answer = (_request, response) => {
      response.writeHead(302, { location: here('/elsewhere') });
      response.end();
    };
    expect(await http().fetch(here())).toMatchObject({ status: 302, headers: { location: here('/elsewhere') } });
    expect(requests).toHaveLength(1);
  });

  it('keeps connections alive and opens no more than it may', async () => {
    let connections = 0;
    server.on('connection', () => connections++);
    const client = http({ connectionsPerOrigin: 2 });
    await Promise.all(Array.from({ length: 20 }, () => client.fetch(here())));
    await client.fetch(here());
    expect(requests).toHaveLength(21);
    expect(connections).toBe(2);
  });

  describe('refuses', () => {
    const refusal = { name: 'HostError', code: 'refused', mayHaveArrived: false };

    it.each([
      ['a private literal', 'http://127.0.0.1'],
      ['a private literal in one number', 'http://2130706433'],
      ['a private literal in hex', 'http://0x7f.1'],
      ['a private literal in octal', 'http://0177.0.0.1'],
      ['a literal of IPv6', 'http://[::1]'],
      ['a mapped literal', 'http://[::ffff:127.0.0.1]'],
      ['the address of cloud metadata', 'http://169.254.169.254'],
      ['a name that leads into the private network', 'http://localhost'],
    ])('%s when private networks are denied', async (_, origin) => {
      const client = http({ privateNetwork: 'deny' });
      await expect(client.fetch(`${origin}:${port}/`)).rejects.toMatchObject(refusal);
      expect(requests).toEqual([]);
    });

    it('a name that was public when it was checked and is private when it is connected to', async () => {
      const answers = ['93.184.216.34', '127.0.0.1'];
      const client = http({
        privateNetwork: 'deny',
        lookup: async () => [{ address: answers.shift() ?? '127.0.0.1', family: 4 }],
      });
      expect(await client.resolve('rebinding.example')).toEqual({ address: '93.184.216.34', family: 4 });
      await expect(client.fetch(`http://rebinding.example:${port}/`)).rejects.toMatchObject(refusal);
      expect(requests).toEqual([]);
    });

    it('the private one of the addresses of a name, and uses the public one', async () => {
      const lookup = async () => [
        { address: '10.0.0.1', family: 4 },
        { address: '2606:4700::1111', family: 6 },
      ];
      const client = http({ privateNetwork: 'deny', lookup });
      expect(await client.resolve('both.example')).toEqual({ address: '2606:4700::1111', family: 6 });
    });

    it.each(['ftp://example.org/', 'file:///etc/passwd', 'https://user:pass@example.org/', 'nonsense', ''])(
      '%j',
      async (url) => {
        await expect(http().fetch(url)).rejects.toMatchObject(refusal);
      },
    );

    it('to resolve a private name for another protocol', async () => {
      await expect(http({ privateNetwork: 'deny' }).resolve('localhost')).rejects.toMatchObject(refusal);
      await expect(http({ privateNetwork: 'deny' }).resolve('192.168.0.1')).rejects.toMatchObject(refusal);
      expect(await http().resolve('127.0.0.1')).toEqual({ address: '127.0.0.1', family: 4 });
    });

    it('does not tell where a private name leads', async () => {
      const client = http({ privateNetwork: 'deny', lookup: async () => [{ address: '10.11.12.13', family: 4 }] });
      await expect(client.fetch('http://inside.example/')).rejects.toThrow(/^(?!.*10\.11).*inside\.example/);
    });
  });

  describe('says whether the request may have arrived', () => {
    it('not when nobody listens', async () => {
      const closed = await tcp(() => undefined);
      await new Promise((resolve) => raw.pop()?.close(resolve));
      await expect(http().fetch(`http://127.0.0.1:${closed}/`)).rejects.toMatchObject({
        code: 'unreachable',
        mayHaveArrived: false,
      });
    });

    it('not when the name has no address', async () => {
      const lookup = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
      await expect(http({ lookup }).fetch('http://nowhere.example/')).rejects.toMatchObject({
        code: 'unreachable',
        mayHaveArrived: false,
        message: expect.stringContaining('ENOTFOUND'),
      });
    });

    it('not when it waited for a connection until its time was over, and then does not go out late', async () => {
      const held: ServerResponse[] = [];
      answer = (_request, response) => held.push(response);
      const client = http({ connectionsPerOrigin: 1 });
      const first = client.fetch(here('/first'));
      await once(server, 'request');
      const abort = new AbortController();
      const second = client.fetch(here('/second'), { signal: abort.signal });
      abort.abort();
      await expect(second).rejects.toMatchObject({ code: 'aborted', mayHaveArrived: false });
      while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
      held[0]?.end();
      await first;
      answer = (_request, response) => response.end();
      await client.fetch(here('/third'));
      expect(requests.map(({ url }) => url)).toEqual(['/first', '/third']);
    });

    it('yes when there was no answer in time', async () => {
      answer = () => undefined;
      await expect(http().fetch(here(), { timeoutMs: 100 })).rejects.toMatchObject({
        code: 'timeout',
        mayHaveArrived: true,
      });
    });

    it('yes when the answer stops in the middle', async () => {
      answer = (_request, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half', () => response.destroy());
      };
      await expect(http().fetch(here())).rejects.toMatchObject({ code: 'broken', mayHaveArrived: true });
    });

    it('yes when the other side hangs up without an answer', async () => {
      const other = await tcp((socket) => socket.once('data', () => socket.destroy()));
      await expect(http().fetch(`http://127.0.0.1:${other}/`)).rejects.toMatchObject({
        code: 'broken',
        mayHaveArrived: true,
      });
    });

    it('yes when the caller gives up after it went out', async () => {
      answer = () => undefined;
      const abort = new AbortController();
      const going = http().fetch(here(), { signal: abort.signal });
      await once(server, 'request');
      abort.abort();
      await expect(going).rejects.toMatchObject({ code: 'aborted', mayHaveArrived: true });
    });

    it('not when the caller had given up before', async () => {
      await expect(http().fetch(here(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'aborted',
        mayHaveArrived: false,
      });
      expect(requests).toEqual([]);
    });
  });

  it('reads no more of an answer than it may', async () => {
    answer = (_request, response) => {
      const pour = () => {
        while (response.writable && response.write(Buffer.alloc(64 * 1024))) {
          // until the other side stops reading
        }
      };
      response.on('drain', pour);
      pour();
    };
    await expect(http({ maxResponseBytes: 100_000 }).fetch(here())).rejects.toMatchObject({
      code: 'too_large',
      mayHaveArrived: true,
    });
  });

  it('is not held longer than its time by an answer that trickles', async () => {
    answer = (_request, response) => {
      response.write('a');
      const timer = setInterval(() => response.write('a'), 5);
      response.on('close', () => clearInterval(timer));
    };
    await expect(http({ timeoutMs: 100 }).fetch(here())).rejects.toMatchObject({
      code: 'timeout',
      mayHaveArrived: true,
    });
  });

  it('takes no longer time than the platform allows, whatever a plugin asks', async () => {
    answer = () => undefined;
    await expect(http({ timeoutMs: 50 }).fetch(here(), { timeoutMs: 3_600_000 })).rejects.toMatchObject({
      code: 'timeout',
    });
  });
});

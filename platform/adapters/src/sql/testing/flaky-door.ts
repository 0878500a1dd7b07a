import { connect, createServer, type Socket } from 'node:net';

/** A door to a server that a test can shut, jam (nothing goes through, nothing is closed), and open again. */
export async function openFlakyDoor(target: { host: string; port: number }) {
  const pairs = new Set<[Socket, Socket]>();
  let jammed = false;
  const server = createServer((inside) => {
    const outside = connect(target);
    const pair: [Socket, Socket] = [inside, outside];
    pairs.add(pair);
    for (const [from, to] of [pair, [outside, inside] as const]) {
      from.on('data', (data) => to.write(data));
      from.on('close', () => {
        pairs.delete(pair);
        to.destroy();
      });
      from.on('error', () => to.destroy());
      if (jammed) from.pause();
    }
  });
  const listen = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  const port = await listen(0);
  const each = (change: (socket: Socket) => void) => {
    for (const pair of pairs) pair.forEach(change);
  };
  return {
    port,
    jam: () => {
      jammed = true;
      each((socket) => socket.pause());
    },
    unjam: () => {
      jammed = false;
      each((socket) => socket.resume());
    },
    shut: async () => {
      each((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
    reopen: async () => {
      await listen(port);
    },
  };
}

import { createServer } from 'node:http';

/** Takes posts, and knows when each thousandth came. */
const EVERY = 1_000;
let count = 0;
let marks: number[] = [];
const server = createServer((request, response) => {
  if (request.method === 'GET') {
    const text = JSON.stringify({ count, marks });
    if (request.url === '/reset') {
      count = 0;
      marks = [];
    }
    response.end(text);
    return;
  }
  request.resume().on('end', () => {
    if (count++ % EVERY === 0) marks.push(performance.now());
    response.writeHead(204).end();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address && typeof address === 'object') process.send?.(`http://127.0.0.1:${address.port}`);
});

import { createServer } from 'node:http';
import { Arrivals } from './arrivals.js';

/** Takes posts, and tells by GET how many came and when. */
const arrivals = new Arrivals();
const server = createServer((request, response) => {
  if (request.method === 'GET') return arrivals.answer(request, response);
  request.resume().on('end', () => {
    arrivals.note(String(request.headers['webhook-id']));
    response.writeHead(204).end();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address && typeof address === 'object') process.send?.(`http://127.0.0.1:${address.port}`);
});

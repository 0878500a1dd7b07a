import { type ServerProcess, settled } from '../../builders/server-process.js';
import { generate } from '../harness/generate.js';

const PAGE = 500;

/** People `user-0` … with the same few traits, all there when this resolves. */
export async function fillPeople(server: ServerProcess, people: number): Promise<void> {
  const url = await server.listening;
  const bodies = Array.from({ length: people / PAGE }, (_, page) => {
    const users = Array.from({ length: PAGE }, (_, index) => {
      const number = page * PAGE + index;
      const traits = { email: `p${number}@example.com`, plan: 'pro', firstName: `Person ${number}`, number };
      return { userId: `user-${number}`, traits };
    });
    return JSON.stringify({ users });
  });
  const headers = { authorization: server.authorization };
  const job = { url, method: 'POST' as const, headers, paths: ['/v1/users'], bodies, connections: 2, from: 0 };
  await generate({ ...job, requests: bodies.length });
  await settled(url);
}

import { createHmac, createSecretKey } from 'node:crypto';
import { Agent, request } from 'undici';
import type { DurableResults } from './durable-results.js';
import { sendAll } from './send-all.js';

/** As many connections as the platform makes to one receiver. */
const CONNECTIONS = 64;
const KEY = createSecretKey(Buffer.alloc(24, 5));
const TOKEN = 'x'.repeat(180);

/**
 * Posts signed as Standard Webhooks asks for (an HMAC over id, time and body, both different for every message, so a signature
 * cannot be made once), over undici's own connections, each with a result on the disk: an unsigned post whose answer nobody keeps
 * is less work than a delivery is.
 */
export async function webhookRate(url: string, count: number, results: DurableResults): Promise<number> {
  const dispatcher = new Agent({ connections: CONNECTIONS });
  const rate = await sendAll(count, CONNECTIONS, results, async (number) => {
    const id = `message-${number}`;
    const body = JSON.stringify({ hello: `Person ${number}`, leave: `https://cdp.example/t/u/${TOKEN}${number}` });
    const time = Math.floor(Date.now() / 1_000).toString();
    const signature = createHmac('sha256', KEY).update(`${id}.${time}.${body}`).digest('base64');
    const answer = await request(url, {
      method: 'POST',
      body,
      dispatcher,
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': time,
        'webhook-signature': `v1,${signature}`,
      },
    });
    await answer.body.dump();
    if (answer.statusCode !== 204) throw new Error(`The sink answered ${answer.statusCode}.`);
    results.note(id, 'sent');
  });
  await dispatcher.close();
  return rate;
}

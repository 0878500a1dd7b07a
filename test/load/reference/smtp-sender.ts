import { createTransport } from 'nodemailer';
import type { DurableResults } from './durable-results.js';
import { sendAll } from './send-all.js';

/** Connections of the pool; the platform's channel has as many. */
export const MAIL_CONNECTIONS = 20;

/**
 * Nodemailer's own pool, each mail with a result on the disk. Twice as many mails as connections are under way, so that none of
 * these waits for the next.
 */
export async function smtpRate(port: number, count: number, results: DurableResults): Promise<number> {
  const pool = createTransport({
    host: '127.0.0.1',
    port,
    pool: true,
    maxConnections: MAIL_CONNECTIONS,
    maxMessages: 1e9,
    secure: false,
  });
  const rate = await sendAll(count, 2 * MAIL_CONNECTIONS, results, async (number) => {
    const link = `https://cdp.example/t/c/${'x'.repeat(180)}${number}`;
    const { messageId } = await pool.sendMail({
      from: 'shop@example.com',
      to: `p${number}@example.com`,
      subject: `Hello Person ${number}`,
      html: `<p>Hello Person ${number}, <a href="${link}">see</a></p>`,
      text: `Hello Person ${number}, see ${link}`,
      headers: { 'List-Unsubscribe': `<${link}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
    });
    results.note(messageId, 'sent');
  });
  pool.close();
  return rate;
}

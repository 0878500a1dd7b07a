import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const PAGE = 1_000;
const KEY = Buffer.alloc(32, 7);

/** Messages a second of a loop that puts a name into a text, signs three links and writes a durable row. */
export function fanOutRate(dir: string, count: number, round: number): number {
  const db = new DatabaseSync(join(dir, `fan-out-${round}.db`));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE outbox (id TEXT PRIMARY KEY, body TEXT)');
  const insert = db.prepare('INSERT INTO outbox VALUES (?, ?)');
  const link = (id: string, kind: string) =>
    `https://cdp.example/t/${kind}/${id}.${createHmac('sha256', KEY).update(`${kind}${id}`).digest('base64url')}`;
  const started = performance.now();
  for (let from = 0; from < count; from += PAGE) {
    db.exec('BEGIN');
    for (let index = from; index < Math.min(count, from + PAGE); index++) {
      const id = `message-${index}`;
      const body = `Hello Person ${index}, see ${link(id, 'c')} or leave ${link(id, 'u')} ${link(id, 'o')}`;
      insert.run(id, JSON.stringify({ subject: `Hello Person ${index}`, html: body }));
    }
    db.exec('COMMIT');
  }
  const rate = count / ((performance.now() - started) / 1_000);
  const row = db.prepare('SELECT COUNT(*) AS count FROM outbox').get() as { count: number };
  if (row.count !== count) throw new Error('The reference lost rows.');
  db.close();
  return rate;
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface Click {
  userId: string;
  sessionId: string;
  event: string;
  timestamp: Date;
  platform: string;
  channel: string;
}

export interface Purchase {
  customer: string;
  /** YYYYMMDD. */
  date: string;
  quantity: number;
  cents: number;
}

// Compiled code stands in test/dist/demo; the data stays where it is.
const DATA = join(import.meta.dirname, '../../data');

export async function readClicks(): Promise<Click[]> {
  const text = gunzipSync(await readFile(join(DATA, 'ecom.csv.gz'))).toString('utf8');
  return text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [userId = '', sessionId = '', event = '', time = '', platform = '', channel = ''] = line.split(',');
      return { userId, sessionId, event, timestamp: new Date(`${time.replace(' ', 'T')}Z`), platform, channel };
    });
}

export async function readPurchases(): Promise<Purchase[]> {
  const text = await readFile(join(DATA, 'cdnow_sample.txt'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, customer = '', date = '', quantity = '', dollars = ''] = line.trim().split(/\s+/);
      return { customer, date, quantity: Number(quantity), cents: Math.round(Number(dollars) * 100) };
    });
}

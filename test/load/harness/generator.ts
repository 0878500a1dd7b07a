import { Connection } from './connection.js';
import type { GeneratorJob, GeneratorResult } from './generator-job.js';

/** Does one job that its parent sends, and tells the result. */
process.once('message', async (job: GeneratorJob) => {
  const result = await run(job);
  process.send?.(result, () => process.exit(0));
});
process.send?.('ready');

async function run(job: GeneratorJob): Promise<GeneratorResult> {
  const url = new URL(job.url);
  const connections = await Promise.all(Array.from({ length: job.connections }, () => Connection.open(url)));
  const next = requestsOf(job, url);
  const wanted = job.requests ?? Number.POSITIVE_INFINITY;
  const latencies: number[] = [];
  const started = performance.now();
  const until = started + (job.durationMs ?? Number.POSITIVE_INFINITY);
  let sent = 0;
  let good = 0;
  let bad: string | undefined;
  const send = async (connection: Connection, due: number): Promise<void> => {
    const { status, text } = await connection.send(next(sent++));
    latencies.push(performance.now() - due);
    if (status === (job.status ?? 200)) good++;
    else bad ??= `${status} ${text}`;
  };
  const closedLoop = async (connection: Connection): Promise<void> => {
    for (let now = performance.now(); sent < wanted && now < until; now = performance.now())
      await send(connection, now);
  };
  /** What is due waits for a free connection; the wait is part of its time. */
  const openLoop = async (connection: Connection, rate: number): Promise<void> => {
    for (;;) {
      const due = started + (sent / rate) * 1_000;
      if (sent >= wanted || due >= until) return;
      const early = due - performance.now();
      if (early > 1) await new Promise((resolve) => setTimeout(resolve, early - 1));
      else if (early > 0) await new Promise(setImmediate);
      else await send(connection, due);
    }
  };
  await Promise.all(connections.map((one) => (job.rate === undefined ? closedLoop(one) : openLoop(one, job.rate))));
  const elapsedMs = performance.now() - started;
  for (const connection of connections) connection.close();
  latencies.sort((a, b) => a - b);
  const at = (part: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))] ?? 0;
  const times = { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
  return { requests: sent, good, elapsedMs, ...times, ...(bad === undefined ? {} : { bad }) };
}

/** Whole requests as text, put together from parts that were made before. */
function requestsOf(
  { method, headers, paths, bodies, from, people = 1 }: GeneratorJob,
  url: URL,
): (index: number) => string {
  const lines = Object.entries({ host: url.host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const rest = lines.join('');
  const parts = bodies.map((body) => body.split(/(\{[np]\})/));
  let number = from;
  return (index) => {
    const path = paths[index % paths.length] as string;
    if (method === 'GET') return `GET ${path} HTTP/1.1\r\n${rest}\r\n`;
    let body = '';
    for (const part of parts[index % parts.length] as string[])
      if (part === '{n}') body += String(number++).padStart(10, '0');
      else if (part === '{p}') body += Math.floor(Math.random() * people);
      else body += part;
    return `POST ${path} HTTP/1.1\r\n${rest}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  };
}

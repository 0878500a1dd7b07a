import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { isJsonObject } from '../kernel/index.js';
import type { ImportFormat } from './import-job.js';

/** One row of a file: an object by column, or why it cannot be one. `line` is the row's number in the file, from 1. */
export type ImportRow = { number: number; text: string } & ({ row: Record<string, unknown> } | { problem: string });

const MAX_LINE = 1024 * 1024;

/** The rows of an upload one by one, in flat memory; gzipped files are inflated. */
export async function* readRows(content: Readable, format: ImportFormat): AsyncGenerator<ImportRow> {
  const plain = await inflated(content);
  yield* format === 'csv' ? csvRows(plain) : jsonRows(plain);
}

async function* csvRows(content: Readable): AsyncGenerator<ImportRow> {
  const parser = parse({
    columns: true,
    bom: true,
    skip_empty_lines: true,
    trim: true,
    relax_column_count: true,
    info: true,
    max_record_size: MAX_LINE,
  });
  content.on('error', (error) => parser.destroy(error));
  content.pipe(parser);
  let number = 0;
  for await (const { record, info } of parser as AsyncIterable<{
    record: Record<string, unknown>;
    info: { error?: { message: string } };
  }>) {
    number++;
    const text = JSON.stringify(record);
    yield info.error
      ? { number, text, problem: 'It has not as many cells as the head of the file.' }
      : { number, text, row: record };
  }
}

async function* jsonRows(content: Readable): AsyncGenerator<ImportRow> {
  let number = 0;
  for await (const line of createInterface({ input: content, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    number++;
    yield { number, text: line.slice(0, 4_096), ...readLine(line) };
  }
}

function readLine(line: string): { row: Record<string, unknown> } | { problem: string } {
  if (line.length > MAX_LINE) return { problem: `A line may have ${MAX_LINE} characters.` };
  try {
    const row: unknown = JSON.parse(line);
    return isJsonObject(row) ? { row } : { problem: 'The line is not a JSON object.' };
  } catch {
    return { problem: 'The line is not JSON.' };
  }
}

/** Looks at the first two bytes: gzip says what it is. */
async function inflated(content: Readable): Promise<Readable> {
  const start: Buffer[] = [];
  const source = content[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  while (Buffer.concat(start).length < 2) {
    const { value, done } = await source.next();
    if (done) break;
    start.push(value);
  }
  const head = Buffer.concat(start);
  const whole = new PassThrough();
  void (async () => {
    try {
      if (head.length > 0 && !whole.write(head)) await new Promise((resolve) => whole.once('drain', resolve));
      for (;;) {
        const { value, done } = await source.next();
        if (done) break;
        if (!whole.write(value)) await new Promise((resolve) => whole.once('drain', resolve));
      }
      whole.end();
    } catch (error) {
      whole.destroy(error as Error);
    }
  })();
  if (head[0] !== 0x1f || head[1] !== 0x8b) return whole;
  const gunzip = createGunzip();
  whole.on('error', (error) => gunzip.destroy(error));
  return whole.pipe(gunzip);
}

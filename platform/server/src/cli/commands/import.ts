import { openAsBlob } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import type { ApiClient } from '../api-client.js';
import { CliError } from '../cli-error.js';
import { clientOf, print } from '../context.js';
import { readJson } from '../read-input.js';

interface ImportJob {
  id: string;
  state: string;
  [count: string]: unknown;
}

const POLL_MS = 500;
const ENDED = new Set(['done', 'completed', 'failed']);

export function addImport(program: Command): void {
  program
    .command('import')
    .description('send a CSV or NDJSON file of events or users, and wait until it is taken in')
    .argument('<file>')
    .requiredOption('--key <key:secret>', 'key and secret of a server app')
    .option(
      '--mapping <json>',
      'which column means what: JSON, or the path of a file with it; `-` reads standard input',
    )
    .option('--no-wait', 'answer as soon as the file is uploaded')
    .action(async (file: string, options: { key: string; mapping?: string; wait: boolean }, command: Command) => {
      const client = await clientOf(command);
      const form = new FormData();
      if (options.mapping) form.set('mapping', JSON.stringify(await readJson('The mapping', options.mapping)));
      form.set('file', await blobOf(file), basename(file));
      const job = await client.write<ImportJob>('POST', '/v1/bulk/import', options.key, form);
      const last = options.wait ? await ended(client, options.key, job) : job;
      print(last);
      if (last.state === 'failed') throw new CliError('The import failed; the reason is above.');
    });
}

async function blobOf(file: string): Promise<Blob> {
  try {
    await access(file, constants.R_OK);
    return await openAsBlob(file);
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

async function ended(client: ApiClient, key: string, job: ImportJob): Promise<ImportJob> {
  let latest = job;
  while (!ENDED.has(latest.state)) {
    await wait(POLL_MS);
    latest = await client.write<ImportJob>('GET', `/v1/bulk/import/${job.id}`, key);
  }
  return latest;
}

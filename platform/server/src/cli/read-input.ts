import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CliError } from './cli-error.js';

/** JSON given as text, as the path of a file, or as `-` for standard input. */
export async function readJson(what: string, given: string): Promise<unknown> {
  const source =
    given === '-' ? await text(process.stdin) : /^\s*[[{]/.test(given) ? given : await readText(what, given);
  try {
    return JSON.parse(source);
  } catch (error) {
    throw new CliError(`${what} is not JSON: ${(error as Error).message}`);
  }
}

async function readText(what: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CliError(`${what} cannot be read: ${(error as Error).message}`);
  }
}

// `npm run demo`: plays the story against the platform that `npm start` runs.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { playStory } from './story.js';

const { PORT = '3000', CDP_URL = `http://127.0.0.1:${PORT}`, CDP_ADMIN_EMAIL = 'admin@localhost' } = process.env;

/** As set, else as `npm start` keeps it in the data folder of a demo. */
async function adminPassword(): Promise<string> {
  const { CDP_ADMIN_PASSWORD, CDP_DATA_DIR = '.cdp' } = process.env;
  if (CDP_ADMIN_PASSWORD) return CDP_ADMIN_PASSWORD;
  try {
    return (await readFile(join(CDP_DATA_DIR, 'demo-admin.txt'), 'utf8')).trim();
  } catch {
    throw new Error(
      'The password of the admin is not known: start the platform with npm start, or set CDP_ADMIN_PASSWORD.',
    );
  }
}

async function isRunning(): Promise<boolean> {
  return fetch(`${CDP_URL}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

try {
  if (!(await isRunning()))
    throw new Error(`Nothing answers at ${CDP_URL}. Run npm start in another terminal, then this again.`);
  const { segments } = await playStory({
    baseUrl: CDP_URL,
    email: CDP_ADMIN_EMAIL,
    password: await adminPassword(),
    print,
  });
  if (segments.some(({ size, counted }) => size !== counted))
    throw new Error('A segment has another size than the files say.');
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

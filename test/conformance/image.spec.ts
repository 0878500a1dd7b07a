import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ServerProcess } from '../builders/server-process.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

/** As the image has them: what is ours leads to the image's own copies, what is others' is as it is installed. */
function linkModules(image: string, folder: string): void {
  const from = join(ROOT, folder, 'node_modules');
  if (!existsSync(from)) return;
  const to = join(image, folder, 'node_modules');
  mkdirSync(join(to, '@cdp'), { recursive: true });
  for (const name of readdirSync(from))
    if (name !== '@cdp' && !name.startsWith('.')) symlinkSync(join(from, name), join(to, name));
  if (!existsSync(join(from, '@cdp'))) return;
  for (const name of readdirSync(join(from, '@cdp'))) {
    const target = lstatSync(join(from, '@cdp', name)).isSymbolicLink() ? readlinkSync(join(from, '@cdp', name)) : '';
    const own = resolve(join(to, '@cdp'), target);
    if (existsSync(own)) symlinkSync(own, join(to, '@cdp', name));
  }
}

describe('what the image holds of this repository', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cdp-image-'));
  const image = join(folder, 'app');
  let files: string[];

  beforeAll(() => {
    execFileSync(process.execPath, [join(ROOT, 'infra/docker/image-files.mjs'), image]);
    files = filesIn(image);
    for (const at of ['', 'platform/core', 'platform/adapters', 'platform/server', 'tenant-admin/api', 'plugins/email'])
      linkModules(image, at);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is what runs, and what cdp migrate applies', () => {
    for (const file of [
      'package.json',
      'LICENSE',
      'platform/server/dist/main.js',
      'platform/server/dist/cli/main.js',
      'platform/server/pages/admin.html',
      'platform/adapters/dist/sql/migrations/index.js',
      'plugins/email/dist/plugin.js',
      'infra/kafka/topics.json',
      'infra/elasticsearch/profiles_v1.json',
    ])
      expect(files).toContain(file);
  });

  it('has no sources, tests, keys or data', () => {
    const strange = files.filter((file) => !/\.(js|js\.map|json|html|css|txt)$|^LICENSE$/.test(file));
    expect(strange).toEqual([]);
    expect(files.filter((file) => /spec|contract|testing|\.env|\.key|\.pem|\.cdp|^test\//.test(file))).toEqual([]);
  });

  it('runs, and writes nothing beside its data', async () => {
    const server = new ServerProcess({ dir: join(folder, 'data'), main: join(image, 'platform/server/dist/main.js') });
    try {
      const url = await server.listening;
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      const { status } = await fetch(`${url}/v1/track`, {
        method: 'POST',
        headers: { authorization: server.authorization },
        body: JSON.stringify({ userId: 'ada', event: 'Seen' }),
      });
      expect(status).toBe(200);
      await server.stop();
    } finally {
      if (server.exitCode === null) await server.kill();
    }
    expect(filesIn(image).filter((file) => !file.includes('node_modules/'))).toEqual(files);
  });
});

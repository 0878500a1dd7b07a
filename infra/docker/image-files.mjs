// Copies what the image holds of this repository, but for node_modules: `node infra/docker/image-files.mjs <folder>` after a build.
// What runs and what it reads, and nothing else: no sources, no tests, no contracts that only tests import.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const WORKSPACES = ['platform', 'plugins', 'tenant-admin'];
/** Beside the packages: what `cdp migrate` applies. */
const ALSO = ['LICENSE', 'package.json', 'infra/kafka/topics.json', 'infra/elasticsearch'];
const LEFT_OUT =
  /(\.spec\.|\.contract\.|\/contract\.|\.engines\.|-double\.|\.d\.ts(\.map)?$|\.tsbuildinfo$|\/testing\/|\/contract\/|\.md$)/;

const manifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** The server's package and those of this repository that it stands on, by folder. */
function packages() {
  const byName = new Map();
  for (const workspace of WORKSPACES)
    for (const name of readdirSync(join(root, workspace))) {
      const folder = join(root, workspace, name);
      if (existsSync(join(folder, 'package.json'))) byName.set(manifest(folder).name, folder);
    }
  const found = new Set();
  const take = (name) => {
    const folder = byName.get(name);
    if (!folder || found.has(folder)) return;
    found.add(folder);
    for (const dependency of Object.keys(manifest(folder).dependencies ?? {})) take(dependency);
  };
  take('@cdp/server');
  return [...found];
}

function* filesUnder(path) {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) yield* filesUnder(inner);
    else yield inner;
  }
}

/** Paths from the root of the repository on, in their order. */
export function imageFiles() {
  const files = [];
  for (const path of ALSO) {
    const full = join(root, path);
    files.push(...(statSync(full).isDirectory() ? filesUnder(full) : [full]));
  }
  for (const folder of packages()) {
    files.push(join(folder, 'package.json'));
    for (const part of ['dist', 'pages', 'assets'])
      if (existsSync(join(folder, part))) files.push(...filesUnder(join(folder, part)));
  }
  return files
    .map((file) => relative(root, file))
    .filter((file) => !LEFT_OUT.test(file))
    .sort();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [target] = process.argv.slice(2);
  if (!target) throw new Error('Usage: node infra/docker/image-files.mjs <folder>');
  for (const file of imageFiles()) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    cpSync(join(root, file), join(target, file));
  }
}

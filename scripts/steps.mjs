// What the scripts share. Runs on Node 20 or newer on a fresh clone: it may import nothing but Node itself.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The Node that the platform runs on: it comes with the dependencies, whatever Node runs this script. */
export const node = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** What npm keeps of its last install, whoever ran it. */
const INSTALLED = join(root, 'node_modules/.package-lock.json');
const BUILD_STAMP = join(root, '.build-stamp');
const PACKAGE_FOLDERS = ['platform', 'plugins', 'tenant-admin'];

/** Runs a command to its end and answers its exit code; `options` are those of `spawn`. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
}

export function fail(message) {
  console.error(`\n${message}`);
  process.exit(1);
}

/** The arguments that run the npm that called this script, or the one on the path. */
function npm(...args) {
  const cli = process.env.npm_execpath;
  return cli?.endsWith('.js') ? [process.execPath, [cli, ...args]] : ['npm', args];
}

const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');

const stampIs = (file, value) => existsSync(file) && readFileSync(file, 'utf8') === value;

const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;

/** Everything that the lock file asks for is there in its version; packages for other systems need not be. */
function isInstalled() {
  if (!existsSync(INSTALLED) || !existsSync(node)) return false;
  const there = packagesOf(INSTALLED);
  return Object.entries(packagesOf(join(root, 'package-lock.json'))).every(
    ([path, { version, optional }]) =>
      !path.includes('node_modules/') || optional || (path in there && there[path].version === version),
  );
}

/** Installs the locked dependencies, unless they are there. */
export async function install() {
  if (isInstalled()) return;
  console.log('Installing the dependencies (once; a minute or two) …');
  const [command, args] = npm('ci', '--no-audit', '--no-fund', '--loglevel=error');
  const code = await run(command, args);
  if (code !== 0) fail(`npm ci failed with exit code ${code}. Is the npm registry reachable?`);
  if (!existsSync(node))
    fail(`Node 24 did not arrive at ${relative(root, node)}: its install script was not run. Try: npm rebuild node`);
}

/** The folders with TypeScript sources, each with the folder that they are built into. */
function projects() {
  const packages = PACKAGE_FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(root, folder, name)),
  ).filter((folder) => existsSync(join(folder, 'tsconfig.json')));
  const found = packages.map((folder) => ({ folder, sources: join(folder, 'src'), built: join(folder, 'dist') }));
  return [...found, { folder: join(root, 'test'), sources: join(root, 'test'), built: join(root, 'test/dist') }];
}

function* files(folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name === 'data') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else yield path;
  }
}

/** Changes with every change of a source: names, sizes and times of modification. */
function fingerprint() {
  const hash = createHash('sha256').update(lockHash());
  for (const name of readdirSync(root)
    .filter((file) => /^tsconfig.*\.json$/.test(file))
    .sort())
    hash.update(readFileSync(join(root, name)));
  for (const { folder, sources } of projects()) {
    hash.update(readFileSync(join(folder, 'tsconfig.json')));
    for (const path of [...files(sources)].filter((file) => file.endsWith('.ts') || file.endsWith('.tsx')).sort()) {
      const { size, mtimeMs } = statSync(path);
      hash.update(`${relative(root, path)} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

/** What was built from a source that is gone would still run, tests first of all. */
function sweep() {
  for (const { sources, built } of projects()) {
    if (!existsSync(built)) continue;
    for (const entry of readdirSync(built, { recursive: true, withFileTypes: true })) {
      const match = entry.isFile() && /^(.*?)(\.d\.ts|\.js)(\.map)?$/.exec(entry.name);
      if (!match) continue;
      const folder = entry.parentPath ?? entry.path;
      const source = join(sources, relative(built, folder), match[1]);
      if (!existsSync(`${source}.ts`) && !existsSync(`${source}.tsx`)) rmSync(join(folder, entry.name));
    }
  }
}

/** Compiles, unless nothing changed since the last time. Answers the exit code of the compiler. */
export async function build() {
  const now = fingerprint();
  const [server] = projects().filter(({ folder }) => folder.endsWith('server'));
  if (stampIs(BUILD_STAMP, now) && server && existsSync(join(server.built, 'main.js'))) return 0;
  console.log('Building …');
  const code = await run(node, [join(root, 'node_modules/typescript/bin/tsc'), '-b']);
  if (code === 0) {
    sweep();
    writeFileSync(BUILD_STAMP, now);
  }
  return code;
}

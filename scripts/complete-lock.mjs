// Adds the packages of other platforms to package-lock.json, which npm leaves out when it cannot see them while it makes the
// file (https://github.com/npm/cli/issues/4828): without them `npm ci` refuses the file on every other kind of machine. With --check it only says whether any are missing.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = join(dirname(dirname(fileURLToPath(import.meta.url))), 'package-lock.json');
const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPU = ['arm64', 'arm', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32'];

/** Where Node would look for a package from the folder of another one, nearest first. */
function* places(from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    yield folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (folder === '') return;
    if (!folder.includes('/node_modules/')) folder = '';
  }
}

/** What the name says about where the package runs: `@biomejs/cli-linux-x64-musl`. */
function platformOf(name) {
  const parts = name.split(/[-/]/);
  const os = OS.find((known) => parts.includes(known));
  const cpu = CPU.find((known) => parts.includes(known));
  const libc = parts.includes('musl') ? 'musl' : /(^|-)gnu/.test(name) ? 'glibc' : undefined;
  return {
    ...(cpu ? { cpu: [cpu] } : {}),
    ...(os ? { os: [os] } : {}),
    ...(libc && os === 'linux' ? { libc: [libc] } : {}),
  };
}

const lock = JSON.parse(readFileSync(file, 'utf8'));
let added = 0;
for (const [folder, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  // Beside those of its kind that npm did find, so that all of them are resolved from one place.
  const found = Object.keys(optionalDependencies).flatMap((name) => {
    const place = [...places(folder, name)].find((candidate) => lock.packages[candidate]);
    return place === undefined ? [] : [place.slice(0, place.lastIndexOf('node_modules/'))];
  });
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if ([...places(folder, name)].some((place) => lock.packages[place])) continue;
    const platform = platformOf(name);
    if (!/^\d+\.\d+\.\d+/.test(version) || !platform.os) continue;
    lock.packages[`${found[0] ?? ''}node_modules/${name}`] = {
      version,
      ...platform,
      ...(dev ? { dev } : {}),
      optional: true,
    };
    added++;
  }
}
if (process.argv.includes('--check')) {
  if (added > 0)
    console.error(`package-lock.json lacks ${added} packages of other platforms: node scripts/complete-lock.mjs`);
  process.exit(added > 0 ? 1 : 0);
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} packages of other platforms were added.`);

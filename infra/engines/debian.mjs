// Debian's packages, installed where the engines are run without Docker.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { settings } from './settings.mjs';

const FOLDERS = [...new Set([...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/bin', '/usr/local/bin'])];

/** Where a program is, or undefined. */
export const program = (name) => FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));

const quiet = (command, ...args) => spawnSync(command, args, { encoding: 'utf8' });

/** Whether Debian has all the packages of a choice, which are named with spaces in between. */
const hasCandidate = (choice) =>
  choice.split(' ').every((name) => /Candidate: [^(]/.test(quiet('apt-cache', 'policy', name).stdout ?? ''));

function aptGet(...args) {
  execFileSync('apt-get', ['-y', '-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/** Installs the first of `alternatives` that Debian has (each one or several packages), or says which command would bring it. */
export function installPackage(what, ...alternatives) {
  const by = (name) => `${what} is not installed. Bring it with: sudo apt-get install ${name}`;
  if (!program('apt-get'))
    throw new Error(`${what} is not installed, and there is no apt-get here: install it, or Docker.`);
  if (process.getuid() !== 0) throw new Error(by(alternatives[0]));
  console.error(`Installing ${what} (once) …`);
  try {
    if (!alternatives.some(hasCandidate)) aptGet('update');
    const name = alternatives.find(hasCandidate);
    if (!name) throw new Error(`no package ${alternatives.join(' or ')} is known to apt-get`);
    try {
      aptGet('install', '--no-install-recommends', ...name.split(' '));
    } catch {
      // The lists may be older than the archive.
      aptGet('update');
      aptGet('install', '--no-install-recommends', ...name.split(' '));
    }
  } catch (error) {
    const reason = String(error.stderr ?? error.message)
      .trim()
      .split('\n')
      .at(-1);
    throw new Error(`${by(alternatives[0])} (tried, and it failed: ${reason})`);
  }
}

/** The path of a program, after installing the package that brings it. */
export function programOf(name, what, ...packages) {
  const found = program(name);
  if (found) return found;
  installPackage(what, ...packages);
  const installed = program(name);
  if (!installed) throw new Error(`${what} was installed, but there is no program ${name}.`);
  return installed;
}

function javaHomes() {
  const machines = '/usr/lib/jvm';
  const onPath = program('java');
  return [
    settings.javaHome,
    process.env.JAVA_HOME,
    onPath && dirname(dirname(realpathSync(onPath))),
    ...(existsSync(machines) ? readdirSync(machines).map((name) => join(machines, name)) : []),
  ].filter((home) => home && existsSync(join(home, 'bin/java')));
}

function versionOf(home) {
  const release = join(home, 'release');
  const text = existsSync(release) ? readFileSync(release, 'utf8') : quiet(join(home, 'bin/java'), '-version').stderr;
  return Number(/version\s*"(\d+)|JAVA_VERSION="(\d+)/i.exec(text)?.slice(1).find(Boolean) ?? 0);
}

/** The home of a Java of at least `version`, with its compiler where that is needed. */
export function javaOf(version, { compiler = false } = {}) {
  const find = () =>
    javaHomes().find((home) => versionOf(home) >= version && (!compiler || existsSync(join(home, 'bin/javac'))));
  const found = find();
  if (found) return found;
  const kind = compiler ? 'jdk-headless' : 'jre-headless';
  const packages = [17, 21, 25].filter((each) => each >= version).map((each) => `openjdk-${each}-${kind}`);
  try {
    installPackage(`Java ${version} or later${compiler ? ' with its compiler' : ''}`, ...packages);
  } catch (error) {
    throw new Error(`${error.message}\nAny other Java will do as well: name its folder in ENGINES_JAVA_HOME.`);
  }
  const installed = find();
  if (!installed) throw new Error(`Java was installed, but none of ${version} or later is in /usr/lib/jvm.`);
  return installed;
}

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { programOf } from './debian.mjs';

/** Copies what a pom depends on into a folder. */
export function fetchJars(what, pom, into) {
  const maven = programOf('mvn', 'Maven', 'maven');
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  console.error(`Fetching ${what} (once) …`);
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${into}`];
  const done = spawnSync(maven, ['-q', '-B', '-Dstyle.color=never', '-f', pom, ...goal], { encoding: 'utf8' });
  if (done.status === 0) return;
  rmSync(into, { recursive: true, force: true });
  const reason = /\[ERROR\][^\n]*/.exec(done.stdout ?? '')?.[0] ?? done.stderr ?? 'no reason given';
  throw new Error(`Maven could not fetch ${what}: ${reason.slice(0, 400)}`);
}

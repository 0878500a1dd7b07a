// The engines as containers, from infra/compose.
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { settings } from './settings.mjs';

const FILE = fileURLToPath(new URL('../compose/compose.yaml', import.meta.url));

const environment = Object.fromEntries(
  ['mysql', 'redis', 'kafka', 'elasticsearch'].flatMap((name) => [
    [`ENGINES_${name.toUpperCase()}_PORT`, String(settings[name].port)],
    [`ENGINES_${name.toUpperCase()}_MEMORY_MB`, String(settings[name].memoryMb)],
  ]),
);

function compose(...args) {
  return new Promise((resolve, reject) => {
    const child = spawn('docker', ['compose', '-f', FILE, '-p', settings.project, ...args], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve(output)
        : reject(new Error(`docker compose ${args[0]}: ${errors.trim().split('\n').at(-1)}`)),
    );
  });
}

/** Docker with its compose plugin, and a daemon that answers. */
export const hasDocker = () =>
  ['compose version', 'info'].every(
    (args) => spawnSync('docker', args.split(' '), { stdio: 'ignore', timeout: 10_000 }).status === 0,
  );

export const dockerHome = {
  name: 'docker',
  explain: 'containers, because Docker is here',

  check() {
    if (!hasDocker())
      throw new Error('Docker or its compose plugin does not answer: start it, or set ENGINES_HOME=packages.');
  },

  up: (engine) => compose('up', '-d', '--wait', engine.name),
  down: (engine) => compose('stop', engine.name),
  kill: (engine) => compose('kill', engine.name),
  pause: (engine) => compose('pause', engine.name),
  resume: (engine) => compose('unpause', engine.name),

  async wipe(engine) {
    await compose('rm', '--stop', '--force', '--volumes', engine.name);
    spawnSync('docker', ['volume', 'rm', '--force', `${settings.project}_${engine.name}`], { stdio: 'ignore' });
  },

  async status(engine) {
    const id = (await compose('ps', '--quiet', engine.name)).trim().slice(0, 12);
    return { up: await engine.answers(), detail: id ? `container ${id}` : 'down' };
  },
};

// The engines as processes, from Debian's packages and Maven's artefacts.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EngineProcess } from './engine-process.mjs';
import { holding } from './folder-lock.mjs';
import { HOST, settings } from './settings.mjs';

const folderOf = (engine) => join(settings.folder, engine.name);
const processOf = (engine) => new EngineProcess(engine, folderOf(engine));

/** What an engine has stored and written; what was fetched to run it stays. */
const KEPT = /^(lib|home|classes|installed|\.lock)/;

export const packageHome = {
  name: 'packages',
  explain: 'processes of this machine, from Debian and Maven packages, because there is no Docker here',

  check() {
    if (process.platform !== 'linux')
      throw new Error('Without Docker the engines run from Debian packages, on Linux alone: install and start Docker.');
  },

  up: (engine) => holding(folderOf(engine), () => processOf(engine).start()),
  down: (engine) => holding(folderOf(engine), () => processOf(engine).stop()),
  kill: (engine) => holding(folderOf(engine), () => processOf(engine).kill()),
  pause: (engine) => processOf(engine).signal('SIGSTOP'),
  resume: (engine) => processOf(engine).signal('SIGCONT'),

  async wipe(engine) {
    const folder = folderOf(engine);
    if (!existsSync(folder)) return;
    await holding(folder, async () => {
      await processOf(engine).stop();
      for (const name of readdirSync(folder))
        if (!KEPT.test(name)) rmSync(join(folder, name), { recursive: true, force: true });
    });
  },

  async status(engine) {
    const { pid } = processOf(engine);
    if (pid) return { up: await engine.answers(), detail: `pid ${pid}, ${folderOf(engine)}` };
    // Somebody else's, which is as good as ours.
    return (await engine.answers())
      ? { up: true, foreign: true, detail: `not started from here, on port ${engine.ports[0]} of ${HOST}` }
      : { up: false, detail: 'down' };
  },
};

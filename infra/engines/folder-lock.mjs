import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** Runs `work` while no other process works on the folder; a lock whose holder is gone is taken over. */
export async function holding(folder, work, withinMs = 300_000) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, '.lock');
  for (const end = Date.now() + withinMs; ; await wait(50)) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    let holder;
    try {
      holder = Number(readFileSync(file, 'utf8'));
    } catch {
      continue;
    }
    if (holder > 0 && !alive(holder)) rmSync(file, { force: true });
    else if (Date.now() > end) throw new Error(`Process ${holder} works on ${folder} and does not end.`);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

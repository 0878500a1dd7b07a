// The engines of the production home, as they can be had on this machine.
import { dockerHome, hasDocker } from './docker-home.mjs';
import { elasticsearch } from './elasticsearch.mjs';
import { kafka } from './kafka.mjs';
import { mysql } from './mysql.mjs';
import { packageHome } from './package-home.mjs';
import { redis } from './redis.mjs';
import { settings } from './settings.mjs';

export const engines = [mysql, redis, kafka, elasticsearch];

/** The named engines, in the order of the list; all of them when none is named. */
export function enginesNamed(names) {
  const strange = names.find((name) => !engines.some((engine) => engine.name === name));
  if (strange) throw new Error(`There is no engine ${strange}: name ${engines.map(({ name }) => name).join(', ')}.`);
  return names.length === 0 ? engines : engines.filter(({ name }) => names.includes(name));
}

/** Where engines are run: by Docker if it is here, from packages if not, or as ENGINES_HOME says. */
export function chooseHome() {
  const home = { docker: dockerHome, packages: packageHome }[settings.home] ?? (hasDocker() ? dockerHome : packageHome);
  home.check();
  return home;
}

/** Brings an engine up unless it answers already; answers whether this call started it. */
export async function bringUp(home, engine) {
  if ((await home.status(engine)).up) return false;
  await home.up(engine);
  return true;
}

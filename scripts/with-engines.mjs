import { bringUp, chooseHome, engines } from '../infra/engines/engines.mjs';

/**
 * Runs `work` with the settings of the engines, bringing up those that are not there and stopping what was brought up. An engine
 * whose setting is in the environment (CDP_MYSQL_URL, …) is taken as it is. `work` is also told how many are away.
 */
export async function withEngines(work, { keep = false } = {}) {
  const wanted = engines.filter(({ setting }) => !process.env[setting]);
  const started = [];
  const addresses = {};
  let away = 0;
  let home;
  async function bring(engine) {
    try {
      if (await bringUp(home, engine)) started.push(engine);
      addresses[engine.setting] = engine.address;
    } catch (error) {
      away++;
      console.error(`${engine.title} is away: ${error.message}\nBring it with: npm run engines:up -- ${engine.name}`);
    }
  }
  try {
    if (wanted.length > 0) {
      home = chooseHome();
      console.log(`Engines: ${home.explain}.`);
      await Promise.all(wanted.map(bring));
    }
    return await work(addresses, away);
  } finally {
    if (!keep) for (const engine of started) await home.down(engine);
  }
}

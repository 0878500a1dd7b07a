import { availableParallelism } from 'node:os';
import { inspect, parseArgs } from 'node:util';
import type { BenchOptions, Line, Row } from './row.js';
import { table } from './table.js';

/** Runs the rows that the arguments name, or all, prints their table, and ends the process: 1 when one gave no figure. */
export async function runRows(command: string, all: readonly Row[]): Promise<never> {
  const usage = `Usage: npm run ${command} -- [rows] [options]
  rows              names of rows; all without: ${all.map(({ name }) => name).join(', ')}
  --rounds=5        pairs of rounds
  --seconds=2       length of a round
  --profiles=1000000  profiles that rules are counted over
  --tail=200000     events left behind for a restart
  --sustained=20    seconds of the run over the whole way`;

  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      profiles: { type: 'string', default: '1000000' },
      tail: { type: 'string', default: '200000' },
      sustained: { type: 'string', default: '20' },
      help: { type: 'boolean', default: false },
    },
  });
  const options: BenchOptions = {
    rounds: Number(values.rounds),
    roundMs: Number(values.seconds) * 1_000,
    profiles: Number(values.profiles),
    tail: Number(values.tail),
    sustainedMs: Number(values.sustained) * 1_000,
  };
  const unknown = positionals.filter((name) => !all.some((row) => row.name === name));
  if (values.help || unknown.length > 0 || Object.values(options).some((value) => !(value > 0))) {
    console.log(usage);
    process.exit(values.help ? 0 : 1);
  }

  const lines: Line[] = [];
  const failures: string[] = [];
  for (const row of all.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    const started = performance.now();
    try {
      lines.push(...(await row.run(options)));
      process.stderr.write(`${row.name}: ${Math.round((performance.now() - started) / 1_000)} s\n`);
    } catch (error) {
      failures.push(`${row.name}: ${inspect(error)}`);
      process.stderr.write(`${failures.at(-1)}\n`);
    }
  }
  console.log(`\n${table(lines)}\n`);
  console.log(
    `Medians of ${options.rounds} rounds that alternate; ratio is product to reference in the same round, x where less is better.`,
  );
  console.log(`Node ${process.version}, ${availableParallelism()} cores.`);
  if (failures.length > 0) console.log(`\n${failures.length} rows gave no figure:\n${failures.join('\n')}`);
  process.exit(failures.length > 0 ? 1 : 0);
}

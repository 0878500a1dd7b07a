import { AdminClient } from '../../builders/admin-client.js';
import { EngineCluster } from '../../builders/engine-cluster.js';
import { settled } from '../../builders/server-process.js';
import { generate } from '../harness/generate.js';
import { assertCounted, type Line, type Row } from '../harness/row.js';
import { batchBodies, PEOPLE, ruleOf } from '../rows/whole-way.js';
import { cpuSeconds, engineSeconds } from './cpu-seconds.js';

const BATCH = 100;
const SEGMENTS = 50;
const figure = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

interface Measured {
  rate: number;
  events: number;
  /** The consumer that was furthest behind when the last event was accepted. */
  slowest: string;
  /** Processor seconds by role and engine. */
  seconds: Record<string, number>;
}

/** The whole way with so many processes of each role: accepted, made profiles, held to 50 live segments, indexed. */
async function measure(processes: number, durationMs: number): Promise<Measured> {
  const platform = await EngineCluster.start({ processes });
  try {
    const { cluster } = platform;
    const admin = await AdminClient.login(platform);
    for (let index = 0; index < SEGMENTS; index++) await admin.segment(`s${index}`, ruleOf(index));
    const headers = { authorization: platform.authorization };
    const job = { url: cluster.url, method: 'POST' as const, headers, paths: ['/v1/batch'], bodies: batchBodies() };
    const push = (ms: number, from: number) =>
      generate({ ...job, people: PEOPLE, connections: 16, from, durationMs: ms });
    const warm = await push(1_000, 0);
    await settled(cluster.url);
    const before = usage(platform);
    const started = performance.now();
    const { requests } = await push(durationMs, warm.requests * BATCH);
    const slowest = await furthestBehind(cluster.url);
    await settled(cluster.url);
    const elapsed = (performance.now() - started) / 1_000;
    const after = usage(platform);
    const events = requests * BATCH;
    const seconds = Object.fromEntries(
      Object.entries(after).map(([name, spent]) => [name, spent - (before[name] ?? 0)]),
    );
    const stored = await platform.countEvents();
    assertCounted('whole way on the engines', stored, events + warm.requests * BATCH);
    return { rate: events / elapsed, events, slowest, seconds };
  } finally {
    await platform.dispose();
  }
}

/** Of what is behind by the same record: who comes first in the direction of the data is what the others wait for. */
async function furthestBehind(url: string): Promise<string> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lags = [...text.matchAll(/^cdp_consumer_lag_records\{group="([^"]+)"\} (\d+)/gm)].map(
    ([, group, lag]): [string, number] => [group as string, Number(lag)],
  );
  const [group, lag] = lags.reduce((most, one) => (one[1] > most[1] ? one : most), ['none', 0]);
  return `${group}, ${figure.format(lag)} records behind`;
}

function usage({ cluster }: EngineCluster): Record<string, number> {
  const seconds = engineSeconds();
  for (const { roles, pid } of cluster.members.values())
    for (const role of roles) seconds[role] = (seconds[role] ?? 0) + cpuSeconds(pid);
  return seconds;
}

const plain = (what: string, product: string): Line => ({
  what,
  product,
  reference: '-',
  ratio: '-',
  spread: '-',
  floor: '-',
  aim: '-',
  met: undefined,
});

export const wholeWayApart: Row = {
  name: 'whole-way',
  run: async ({ sustainedMs }) => {
    const lines: Line[] = [];
    for (const processes of [1, 2]) {
      const { rate, events, slowest, seconds } = await measure(processes, sustainedMs);
      const each = processes === 1 ? 'one process' : `${processes} processes`;
      lines.push(plain(`whole way with ${SEGMENTS} live segments, ${each} a role`, `${figure.format(rate)} events/s`));
      lines.push(plain('  slowest stage', slowest));
      const bySize = Object.entries(seconds).sort(([, one], [, other]) => other - one);
      for (const [name, spent] of bySize)
        if (spent > 0)
          lines.push(plain(`  ${name}`, `${figure.format((spent / events) * 1_000_000)} CPU s a million events`));
    }
    return lines;
  },
};

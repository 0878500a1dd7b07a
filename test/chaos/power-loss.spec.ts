import { join } from 'node:path';
import { LevelDeduper, LmdbDueIndex, LmdbEventLog, LmdbProfileStore, LmdbState } from '@cdp/adapters/embedded';
import { SilentLogger, SystemClock } from '@cdp/core/kernel';
import type { StoredRecord } from '@cdp/core/log';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Machine, randomOf, type Unflushed } from './power-loss/machine.js';

// A failure prints the seed that it came from; POWER_LOSS_ROUNDS runs more.
const SEED = Number(process.env.POWER_LOSS_SEED ?? Date.now() % 1_000_000);
const ROUNDS = Number(process.env.POWER_LOSS_ROUNDS ?? 4);

let machine: Machine | undefined;

afterEach(() => machine?.remove());

async function runRounds(
  writer: 'log-writer' | 'state-writer',
  unflushed: Unflushed,
  fault?: 'no-flush' | 'no-wait',
): Promise<Machine> {
  const random = randomOf(SEED);
  machine = new Machine(writer, random, fault);
  for (let round = 0; round < (fault ? 1 : ROUNDS); round++)
    await machine.runUntilPowerCut(500 + Math.floor(random() * 2_000), unflushed);
  return machine;
}

async function readAll(log: LmdbEventLog, topic: string): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for (let partition = 0; partition < log.partitionCount(topic); partition++)
    for (let from = 0, some = await log.read(topic, partition, 0, 1_000); some.length > 0; ) {
      records.push(...some);
      from = (some[some.length - 1] as StoredRecord).offset + 1;
      some = await log.read(topic, partition, from, 1_000);
    }
  return records;
}

/** What a person finds in the log after the power came back, and what is missing of what writers were told. */
async function examineLog({ path, reported }: Machine) {
  const log = new LmdbEventLog({ path, clock: new SystemClock(), logger: new SilentLogger(), partitions: 2 });
  try {
    const before = await readAll(log, 'in');
    const there = new Set(before.map(({ value }) => value.toString()));
    const lost = reported.map((line) => line.split(' ')[1] as string).filter((id) => !there.has(id));
    await log.append(
      ['writer-0', 'writer-1'].map((key) => ({ topic: 'in', key, value: Buffer.from(`last of ${key}`) })),
    );
    const copy = await log.consume({
      group: 'copy',
      topic: 'in',
      handler: async ({ records }) => records.map(({ key, value }) => ({ topic: 'out', key, value })),
    });
    await copy.drained();
    return { before, lost, in: await readAll(log, 'in'), out: await readAll(log, 'out') };
  } finally {
    await log.close();
  }
}

const byKey = (records: readonly StoredRecord[]) =>
  Map.groupBy(
    records.map(({ key, value }) => [key, value.toString()] as const),
    ([key]) => key,
  );

/** What is missing of what the state's writers were told. */
async function lostState({ path, reported }: Machine): Promise<string[]> {
  const state = new LmdbState({ path });
  const deduper = await LevelDeduper.open({ path: join(path, 'dedupe') });
  try {
    const profiles = new LmdbProfileStore(state);
    const instants = new Set(
      (await new LmdbDueIndex(state).due(1e15, 1e6)).map(({ tenantId, at }) => `${tenantId} ${at}`),
    );
    const lost: string[] = [];
    for (const line of reported) {
      const [, kind, tenantId = '', id = '', number] = line.split(' ');
      const kept =
        kind === 'profile'
          ? ((await profiles.get(tenantId, id))?.version ?? 0) >= Number(number)
          : kind === 'message'
            ? (await deduper.find(tenantId, id))?.offset === Number(number)
            : instants.has(`${tenantId} ${number}`);
      if (!kept) lost.push(line);
    }
    return lost;
  } finally {
    await deduper.close();
    await state.close();
  }
}

describe.each<Unflushed>(['lost', 'any pages kept'])(`power cuts, unflushed writes: %s (seed ${SEED})`, (unflushed) => {
  it('lose no record that was acknowledged or seen, and leave offsets, order and outputs whole', async () => {
    const end = await examineLog(await runRounds('log-writer', unflushed));
    expect(end.before.length).toBeGreaterThan(500);
    expect(end.lost).toEqual([]);
    for (let index = 1; index < end.in.length; index++) {
      const [one, two] = [end.in[index - 1], end.in[index]] as [StoredRecord, StoredRecord];
      if (one.partition === two.partition) expect(two.offset).toBeGreaterThan(one.offset);
    }
    expect(new Set(end.in.map(({ value }) => value.toString())).size).toBe(end.in.length);
    for (const record of end.in.filter(({ value }) => value.toString().startsWith('last of')))
      for (const { partition, offset } of end.before)
        if (partition === record.partition) expect(record.offset).toBeGreaterThan(offset);
    expect(byKey(end.out)).toEqual(byKey(end.in));
  }, 120_000);

  it('lose no document, message id or instant that was acknowledged', async () => {
    expect(await lostState(await runRounds('state-writer', unflushed))).toEqual([]);
  }, 120_000);
});

describe('the model of the disk', () => {
  it('sees the loss when the log does not flush', async () => {
    expect((await examineLog(await runRounds('log-writer', 'lost', 'no-flush'))).lost.length).toBeGreaterThan(0);
  }, 60_000);

  it('sees the loss when the log does not wait for the flush', async () => {
    expect((await examineLog(await runRounds('log-writer', 'lost', 'no-wait'))).lost.length).toBeGreaterThan(0);
  }, 60_000);

  it.each(['no-flush', 'no-wait'] as const)(
    'sees the loss when the state does not keep to it: %s',
    async (fault) => {
      expect((await lostState(await runRounds('state-writer', 'lost', fault))).length).toBeGreaterThan(0);
    },
    60_000,
  );
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CdpError } from '../kernel/index.js';
import type { BatchHandler, Consumer, EventLog, StoredRecord } from './event-log.js';
import { type EventLogHome, readAll, text, valuesByKey } from './event-log-home.contract.js';

type Step =
  | { do: 'append'; keys: number[] }
  | { do: 'fail'; times: number; kind: 'away' | 'defect' }
  | { do: 'join' | 'leave' | 'pause' | 'resume' | 'reopen' | 'drain' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('append' as const), keys: fc.array(fc.nat(7), { maxLength: 40 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('fail' as const),
        times: fc.integer({ min: 1, max: 2 }),
        kind: fc.constantFrom('away' as const, 'defect' as const),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constantFrom('join', 'leave', 'pause', 'resume', 'reopen', 'drain') }),
    },
  ),
  { maxLength: 25 },
) as fc.Arbitrary<Step[]>;

/** A log, a group that copies `in` to `out`, and everything that may happen to them. */
class Run {
  readonly #home: EventLogHome;
  #log: EventLog;
  #members: Consumer[] = [];
  #paused = false;
  #failures: ('away' | 'defect')[] = [];
  #numbers = 0;
  readonly #effects = new Map<string, number>();
  readonly #defects = new Map<string, number>();

  private constructor(home: EventLogHome, log: EventLog) {
    this.#home = home;
    this.#log = log;
  }

  static async start(home: EventLogHome): Promise<Run> {
    return new Run(home, await home.open());
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'append') await this.#append(step.keys);
    else if (step.do === 'fail') this.#failures = Array.from({ length: step.times }, () => step.kind);
    else if (step.do === 'join' && this.#members.length < 3 && !this.#paused) await this.#join();
    else if (step.do === 'leave') await this.#members.pop()?.stop();
    else if (step.do === 'pause') await this.#pause();
    else if (step.do === 'resume') this.#resume();
    else if (step.do === 'reopen') await this.#reopen();
    else if (step.do === 'drain' && !this.#paused) await this.#members[0]?.drained();
  }

  /** Lets everything come to its end, and answers what went in, what came out, and how often each was handled. */
  async finish(): Promise<{ in: Record<string, string[]>; out: Record<string, string[]>; handled: number }> {
    this.#resume();
    if (this.#members.length === 0) await this.#join();
    await this.#members[0]?.drained();
    const result = {
      in: valuesByKey(await readAll(this.#log, 'in')),
      out: valuesByKey(await readAll(this.#log, 'out')),
      handled: this.#effects.size,
    };
    await this.#log.close();
    return result;
  }

  async #append(keys: number[]): Promise<void> {
    await this.#log.append(keys.map((key) => text('in', `key-${key}`, `${this.#numbers++}`)));
  }

  async #join(): Promise<void> {
    this.#members.push(await this.#log.consume({ group: 'g', topic: 'in', maxRecords: 7, handler: this.#handler }));
  }

  async #pause(): Promise<void> {
    this.#paused = true;
    await Promise.all(this.#members.map((member) => member.pause()));
  }

  #resume(): void {
    this.#paused = false;
    for (const member of this.#members) member.resume();
  }

  async #reopen(): Promise<void> {
    await this.#log.close();
    this.#members = [];
    this.#paused = false;
    this.#log = await this.#home.open();
  }

  /** Two defects are tried again; a third with the same record would put it aside, which is another test's. */
  #nextFailure(records: readonly StoredRecord[]): 'away' | 'defect' | undefined {
    const failure = this.#failures.pop();
    if (failure !== 'defect') return failure;
    const had = (record: StoredRecord) => this.#defects.get(record.value.toString()) ?? 0;
    if (records.some((record) => had(record) >= 2)) return undefined;
    for (const record of records) this.#defects.set(record.value.toString(), had(record) + 1);
    return failure;
  }

  readonly #handler: BatchHandler = async ({ records }) => {
    const failure = this.#nextFailure(records);
    const outputs = records.map(({ key, value }) => {
      this.#effects.set(value.toString(), (this.#effects.get(value.toString()) ?? 0) + 1);
      return { topic: 'out', key, value };
    });
    // After the effects, where a crash would leave them done and the position not moved.
    if (failure === 'away') throw new CdpError('unavailable', 'away', { retryAfter: 1 });
    if (failure === 'defect') throw new Error('defect');
    return outputs;
  };
}

export function describeLogProperties(makeHome: () => Promise<EventLogHome>): void {
  describe('whatever happens', () => {
    it('brings each output once and in order under failures, pauses, restarts and changing members', async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (all) => {
          const home = await makeHome();
          try {
            const run = await Run.start(home);
            for (const step of all) await run.take(step);
            const end = await run.finish();
            expect(end.out).toEqual(end.in);
            expect(end.handled).toBe(Object.values(end.in).flat().length);
          } finally {
            await home.remove();
          }
        }),
        { numRuns: 40 },
      );
    }, 120_000);
  });
}

import { rawRecord } from '@cdp/core/ingest';
import { ManualClock } from '@cdp/core/kernel';
import { type LogRecord, TOPICS } from '@cdp/core/log';
import type { Rule } from '@cdp/core/segment';
import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { people as arbitraryPeople, rules } from '../builders/arbitrary-rule.js';
import { openPipeline, type Pipeline } from '../builders/embedded-pipeline.js';
import type { Person } from '../builders/person.js';
import { referenceAnswer } from './reference-evaluator.js';

/** Stories drawn; each has six people, three segments and six steps of time. More by `CDP_LIVE_RUNS`. */
const RUNS = Number(process.env.CDP_LIVE_RUNS ?? 30);
const NOW = Date.parse('2026-03-29T01:00:00.000Z');
const DAY = 86_400_000;
const STEPS = [NOW - 40 * DAY, NOW - 7 * DAY - 1, NOW - DAY, NOW - 3_600_000, NOW - 1, NOW];

interface Story {
  people: Person[];
  rules: Rule[];
  /** In which step each call of each person arrives, and each segment is made. */
  arrivals: number[];
  made: number[];
}

const stories: fc.Arbitrary<Story> = fc.record({
  people: fc.array(arbitraryPeople(NOW), { minLength: 6, maxLength: 6 }),
  rules: fc.array(rules(NOW, [], []), { minLength: 3, maxLength: 3 }),
  arrivals: fc.array(fc.nat(STEPS.length - 1), { minLength: 17, maxLength: 17 }),
  made: fc.array(fc.nat(STEPS.length - 1), { minLength: 3, maxLength: 3 }),
});

/** Everything that happened to a person as what the door puts on the log. */
function callsOf(person: Person, userId: string, tenantId: string): LogRecord[] {
  let number = 0;
  const raw = (call: object): LogRecord =>
    rawRecord({
      tenantId,
      appId: 'app',
      receivedAt: NOW - 50 * DAY,
      call: { messageId: `${userId}-${number++}`, userId, ...call } as never,
    });
  const early = new Date(NOW - 1_000 * DAY).toISOString();
  return [
    raw({ type: 'identify', traits: person.traits, timestamp: early }),
    ...person.devices.map((platform, index) =>
      raw({
        type: 'device',
        event: 'Device Registered',
        properties: { token: `${userId}-${index}`, platform },
        timestamp: early,
      }),
    ),
    ...person.consents.map((consent) =>
      raw({ type: 'consent', event: 'Consent Changed', properties: { ...consent }, timestamp: early }),
    ),
    ...person.events.map(({ type, name, timestamp, properties }) =>
      raw({ type, event: name, properties, timestamp: new Date(timestamp).toISOString() }),
    ),
  ];
}

/** What was told about each segment: for each profile, its changes in order. */
async function told(pipeline: Pipeline, tenantId: string): Promise<Map<string, string[]>> {
  const changes = new Map<string, { change: string; at: number }[]>();
  for (let partition = 0; partition < pipeline.log.partitionCount(TOPICS.membership); partition++)
    for (const { value } of await pipeline.log.read(TOPICS.membership, partition, 0, 100_000)) {
      const change = JSON.parse(value.toString());
      if (change.tenantId !== tenantId) continue;
      const key = `${change.segmentId}/${change.profileId}`;
      changes.set(key, [...(changes.get(key) ?? []), change]);
    }
  return new Map([...changes].map(([key, all]) => [key, all.sort((a, b) => a.at - b.at).map(({ change }) => change)]));
}

describe('live segments', () => {
  it(
    'have the members that the reference gives, whatever came when, and tell each change once',
    async () => {
      const clock = new ManualClock(STEPS[0] as number);
      const pipeline = await openPipeline(undefined, clock, 'Europe/Berlin');
      let run = 0;
      try {
        await fc.assert(
          fc.asyncProperty(stories, async (story) => {
            const tenantId = `tenant-${run++}`;
            const calls = story.people.map((person, index) => callsOf(person, `p${index}`, tenantId));
            const ids = new Map<string, Rule>();
            for (const [step, now] of STEPS.entries()) {
              clock.set(now);
              for (const [index, rule] of story.rules.entries())
                if (story.made[index] === step)
                  ids.set((await pipeline.segments.create(tenantId, { name: `S${index}`, rule })).segment.id, rule);
              await pipeline.log.append(
                calls.flatMap((ofPerson, person) =>
                  ofPerson.filter((_, index) => story.arrivals[(person * 5 + index) % story.arrivals.length] === step),
                ),
              );
              await pipeline.ticker.tick();
              await pipeline.settle();
            }
            const context = { now: NOW, timeZone: 'Europe/Berlin', segments: new Map(), aggregates: new Map() };
            const changes = await told(pipeline, tenantId);
            for (const [segmentId, rule] of ids) {
              const members = (await pipeline.segments.members(tenantId, segmentId, { limit: 100 })).items.map(
                ({ profileId }) => profileId,
              );
              for (const [index, person] of story.people.entries()) {
                const profile = await pipeline.service.byIdentifier(tenantId, `userId:p${index}`);
                const expected = referenceAnswer(rule, person, context);
                const sequence = changes.get(`${segmentId}/${profile?.id}`) ?? [];
                const alternates = sequence.every((change, at) => change === (at % 2 === 0 ? 'entered' : 'exited'));
                if (
                  members.includes(profile?.id ?? '') !== expected ||
                  !alternates ||
                  (sequence.length % 2 === 1) !== expected
                )
                  throw new Error(
                    JSON.stringify(
                      {
                        expected,
                        member: members.includes(profile?.id ?? ''),
                        sequence,
                        made: story.made[story.rules.indexOf(rule)],
                        rule,
                        person,
                        arrivals: calls[index]?.map(
                          (_, at) => story.arrivals[(index * 5 + at) % story.arrivals.length],
                        ),
                      },
                      undefined,
                      1,
                    ),
                  );
              }
            }
          }),
          { numRuns: RUNS, endOnFailure: true },
        );
      } finally {
        await pipeline.destroy();
      }
    },
    60_000 + RUNS * 2_000,
  );
});

import { rawRecord } from '@cdp/core/ingest';
import { ManualClock } from '@cdp/core/kernel';
import { type LogRecord, TOPICS } from '@cdp/core/log';
import type { NamedAggregate, Rule, RuleContext } from '@cdp/core/segment';
import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { AGGREGATES, people as arbitraryPeople, namedAggregates, rules } from '../builders/arbitrary-rule.js';
import { openPipeline, type Pipeline } from '../builders/embedded-pipeline.js';
import type { Person } from '../builders/person.js';
import { referenceAnswer, referenceFigure } from './reference-evaluator.js';

/** Stories drawn; each has six people, three segments and one that nests, three aggregates and six steps of time. More by `CDP_LIVE_RUNS`. */
const RUNS = Number(process.env.CDP_LIVE_RUNS ?? 30);
const ZONE = 'Europe/Berlin';
const NOW = Date.parse('2026-03-29T01:00:00.000Z');
const DAY = 86_400_000;
const STEPS = [NOW - 40 * DAY, NOW - 7 * DAY - 1, NOW - DAY, NOW - 3_600_000, NOW - 1, NOW];

interface Story {
  people: Person[];
  rules: Rule[];
  /** What the aggregates are at first, and after the step in which all of them change. */
  aggregates: NamedAggregate[];
  changed: NamedAggregate[];
  /** In which step each call of each person arrives, each segment is made, each aggregate is made, and they are changed. */
  arrivals: number[];
  made: number[];
  named: number[];
  change: number;
  /** In which step all segments there are so far are asked to be built again, whatever builds are under way. */
  rebuilt: number;
}

const stories: fc.Arbitrary<Story> = fc.record({
  people: fc.array(arbitraryPeople(NOW), { minLength: 6, maxLength: 6 }),
  rules: fc.array(rules(NOW, [], AGGREGATES), { minLength: 3, maxLength: 3 }),
  aggregates: namedAggregates(NOW),
  changed: namedAggregates(NOW),
  arrivals: fc.array(fc.nat(STEPS.length - 1), { minLength: 17, maxLength: 17 }),
  made: fc.array(fc.nat(STEPS.length - 1), { minLength: 3, maxLength: 3 }),
  named: fc.array(fc.nat(STEPS.length - 1), { minLength: 3, maxLength: 3 }),
  change: fc.nat(STEPS.length - 1),
  rebuilt: fc.nat(STEPS.length - 1),
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

/** In which step a call of a person arrives. */
const arrivalOf = ({ arrivals }: Story, person: number, call: number): number =>
  arrivals[(person * 5 + call) % arrivals.length] as number;

/** The person as far as it has arrived; undefined before anything has. */
function personAt(story: Story, index: number, step: number): Person | undefined {
  const person = story.people[index] as Person;
  const before = 1 + person.devices.length + person.consents.length;
  const arrived = (call: number) => arrivalOf(story, index, call) <= step;
  const calls = before + person.events.length;
  if (!Array.from({ length: calls }, (_, call) => call).some(arrived)) return undefined;
  return { ...person, events: person.events.filter((_, event) => arrived(before + event)) };
}

/** Every profile shows the figures of what has arrived, whether its document keeps them yet or not. */
async function checkFigures(
  pipeline: Pipeline,
  tenantId: string,
  story: Story,
  step: number,
  aggregates: ReadonlyMap<string, NamedAggregate>,
): Promise<void> {
  const context: RuleContext = { now: STEPS[step] as number, timeZone: ZONE, segments: new Map(), aggregates };
  const found = await Promise.all(
    story.people.map((_, index) => pipeline.service.byIdentifier(tenantId, `userId:p${index}`)),
  );
  const people = story.people.map((_, index) => personAt(story, index, step));
  const documents = found.filter((document) => document !== undefined);
  const { values } = await pipeline.aggregateValues.of(tenantId, documents);
  for (const [index, document] of found.entries()) {
    const person = people[index];
    const shown = document && values[documents.indexOf(document)];
    const expected =
      person && Object.fromEntries([...aggregates].map(([name, one]) => [name, referenceFigure(one, person, context)]));
    // As JSON, in which there is one zero.
    if (JSON.stringify(shown) !== JSON.stringify(expected))
      throw new Error(JSON.stringify({ step, shown, expected, person, aggregates: [...aggregates] }, undefined, 1));
  }
}

interface Told {
  change: string;
  at: number;
  cause: string;
}

/** What was told about each segment: for each profile, its changes in order. */
async function told(pipeline: Pipeline, tenantId: string): Promise<Map<string, Told[]>> {
  const changes = new Map<string, Told[]>();
  for (let partition = 0; partition < pipeline.log.partitionCount(TOPICS.membership); partition++)
    for (const { value } of await pipeline.log.read(TOPICS.membership, partition, 0, 100_000)) {
      const change = JSON.parse(value.toString());
      if (change.tenantId !== tenantId) continue;
      const key = `${change.segmentId}/${change.profileId}`;
      changes.set(key, [...(changes.get(key) ?? []), change]);
    }
  for (const all of changes.values()) all.sort((a, b) => a.at - b.at);
  return changes;
}

const alternates = (sequence: readonly Told[]): boolean =>
  sequence.every(({ change }, at) => change === (at % 2 === 0 ? 'entered' : 'exited'));

describe('live segments', () => {
  it(
    'have the members that the reference gives, whatever came when, and tell each change once',
    async () => {
      const clock = new ManualClock(STEPS[0] as number);
      const pipeline = await openPipeline(undefined, clock, ZONE);
      let run = 0;
      try {
        await fc.assert(
          fc.asyncProperty(stories, async (story) => {
            const tenantId = `tenant-${run++}`;
            const calls = story.people.map((person, index) => callsOf(person, `p${index}`, tenantId));
            const ids = new Map<string, Rule>();
            const aggregates = new Map<string, NamedAggregate>();
            const aggregateIds = new Map<string, string>();
            const named = Math.max(...story.named);
            const make = async (name: string, rule: Rule, meant = rule): Promise<string> => {
              const { segment } = await pipeline.segments.create(tenantId, { name, rule });
              ids.set(segment.id, meant);
              return segment.id;
            };
            for (const [step, now] of STEPS.entries()) {
              clock.set(now);
              for (const [index, aggregate] of story.aggregates.entries()) {
                if (story.named[index] !== step) continue;
                aggregateIds.set(aggregate.name, (await pipeline.aggregates.create(tenantId, aggregate)).id);
                aggregates.set(aggregate.name, aggregate);
              }
              // The rules ask all of the aggregates.
              for (const [index, rule] of story.rules.entries()) {
                if (Math.max(story.made[index] as number, named) !== step) continue;
                const id = await make(`S${index}`, rule);
                if (index === 0) await make('Nests', { not: { segment: id } }, { not: rule });
              }
              if (story.rebuilt === step)
                for (const id of ids.keys())
                  for (let times = 0; times < 3; times++) await pipeline.segments.build(tenantId, id);
              await pipeline.log.append(
                calls.flatMap((ofPerson, person) =>
                  ofPerson.filter((_, index) => arrivalOf(story, person, index) === step),
                ),
              );
              if (story.change === step)
                for (const aggregate of story.changed) {
                  const id = aggregateIds.get(aggregate.name);
                  if (id === undefined) continue;
                  await pipeline.aggregates.update(tenantId, id, aggregate, 1);
                  aggregates.set(aggregate.name, aggregate);
                }
              await pipeline.ticker.tick();
              await pipeline.settle();
              await checkFigures(pipeline, tenantId, story, step, aggregates);
            }
            const context = { now: NOW, timeZone: ZONE, segments: new Map(), aggregates };
            const changes = await told(pipeline, tenantId);
            for (const [segmentId, rule] of ids) {
              const members = (await pipeline.segments.members(tenantId, segmentId, { limit: 100 })).items.map(
                ({ profileId }) => profileId,
              );
              for (const [index, person] of story.people.entries()) {
                const profile = await pipeline.service.byIdentifier(tenantId, `userId:p${index}`);
                const expected = referenceAnswer(rule, person, context);
                const sequence = changes.get(`${segmentId}/${profile?.id}`) ?? [];
                if (
                  members.includes(profile?.id ?? '') !== expected ||
                  !alternates(sequence) ||
                  (sequence.length % 2 === 1) !== expected
                )
                  throw new Error(
                    JSON.stringify(
                      {
                        expected,
                        member: members.includes(profile?.id ?? ''),
                        sequence,
                        made: story.made[story.rules.indexOf(rule)],
                        named: story.named,
                        change: story.change,
                        rule,
                        aggregates: [...aggregates.values()],
                        before: story.aggregates,
                        person,
                        arrivals: calls[index]?.map((_, at) => arrivalOf(story, index, at)),
                      },
                      undefined,
                      1,
                    ),
                  );
              }
            }
            // The last made first: those that nest another must go before it.
            for (const id of [...ids.keys()].reverse()) await pipeline.segments.delete(tenantId, id);
            await pipeline.settle();
            for (const [key, sequence] of await told(pipeline, tenantId))
              if (!alternates(sequence) || sequence.length % 2)
                throw new Error(`After its deletion ${key} was told ${JSON.stringify(sequence)}.`);
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

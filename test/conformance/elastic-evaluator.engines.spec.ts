import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ElasticAudience, ElasticEventStore, ElasticProfileStore } from '@cdp/adapters/elasticsearch';
import { type ElasticHome, elasticHome } from '@cdp/adapters/elasticsearch/testing';
import { migrate, openSqlite, type SqlDatabase, SqlSegmentMembers } from '@cdp/adapters/sql';
import { ManualClock, UuidIds } from '@cdp/core/kernel';
import type { Rule, RuleContext } from '@cdp/core/segment';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type RuleScenario, scenarios } from '../builders/arbitrary-rule.js';
import { documentOf, eventsOf, type Person } from '../builders/person.js';
import { referenceAnswer } from './reference-evaluator.js';

/** Scenarios drawn; their people live together, and each asks its rules of all of them. More by `CDP_ELASTIC_RULE_RUNS`. */
const RUNS = Number(process.env.CDP_ELASTIC_RULE_RUNS ?? 80);
/** What draws them: the same number draws the same. */
const SEED = Number(process.env.CDP_ELASTIC_RULE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const PEOPLE = 12;
const DAY = 86_400_000;
const LATER = [1, 2, 60_000, 90_001, 3_600_000, DAY, 7 * DAY, 31 * DAY, 61 * DAY, 366 * DAY];
const TENANT = 'acme';

describe('the Elasticsearch evaluator', () => {
  const ids = new UuidIds(new ManualClock(Date.parse('2026-01-01T00:00:00Z')));
  const drawn = fc.sample(scenarios(PEOPLE), { numRuns: RUNS, seed: SEED });
  const people = new Map<string, Person>();
  let partition = 0;
  const folder = mkdtempSync(join(tmpdir(), 'cdp-rules-'));
  let db: SqlDatabase;
  let home: ElasticHome;
  let profiles: ElasticProfileStore;
  let events: ElasticEventStore;
  /** As shipped, where these people are few; and as it asks where there are many of them, many pages of them. */
  let audiences: ElasticAudience[];

  beforeAll(async () => {
    db = openSqlite({ file: join(folder, 'members.db') });
    await migrate(db);
    home = await elasticHome();
    const elastic = home.open();
    profiles = new ElasticProfileStore(elastic, { partitionOf: () => 0 });
    events = new ElasticEventStore(elastic);
    const parts = { elastic, profiles, events, members: new SqlSegmentMembers(db, ids) };
    audiences = [new ElasticAudience(parts), new ElasticAudience(parts, { few: 0, page: 100 })];
    for (const { people: some } of drawn) for (const person of some) people.set(ids.next(), person);
    await store(people, TENANT);
    // Of another tenant, in the same indices: never seen.
    await store(new Map(drawn.flatMap(({ people: some }) => some.map((person) => [ids.next(), person]))), 'other');
    await audiences[0]?.refresh(TENANT);
  });

  afterAll(async () => {
    await home.remove();
    await db.close();
    rmSync(folder, { recursive: true });
  });

  it(
    'answers as the reference does, over any rules, people and histories',
    async () => {
      for (const scenario of drawn)
        for (const rule of [scenario.rule, scenario.asked, ...scenario.context.segments.values()])
          for (const audience of audiences) await compare(audience, rule, scenario);
    },
    60_000 + RUNS * 3_000,
  );

  it(
    'knows by when time alone may change an answer',
    async () => {
      for (const { rule, asked, context } of drawn)
        for (const one of [rule, asked]) for (const audience of audiences) await compareDue(audience, one, context);
    },
    60_000 + RUNS * 3_000,
  );

  async function store(some: ReadonlyMap<string, Person>, tenantId: string): Promise<void> {
    await profiles.putMany(
      tenantId,
      [...some].map(([id, person]) => documentOf(person, tenantId, id)),
    );
    // Every third event came in under another id, which is the person's since: of some before that, of some after.
    const others = new Map([...some.keys()].filter((_, index) => index % 20 === 0).map((id) => [id, ids.next()]));
    const all = [...some].flatMap(([id, person]) =>
      eventsOf(person, id).map((event, index) => ({
        ...event,
        profileId: index % 3 === 0 ? (others.get(id) ?? id) : id,
      })),
    );
    const half = Math.ceil(all.length / 2);
    await events.append(new Map([[tenantId, all.slice(0, half)]]), { partition: partition++, next: 1 });
    for (const [id, other] of others) await events.moveHistory(tenantId, other, id);
    await events.append(new Map([[tenantId, all.slice(half)]]), { partition: partition++, next: 1 });
  }

  async function compare(audience: ElasticAudience, rule: Rule, { context }: RuleScenario): Promise<void> {
    const fitting = [...people].filter(([, person]) => referenceAnswer(rule, person, context)).map(([id]) => id);
    const { items } = await audience.search(TENANT, rule, context, { limit: 10_000 });
    const [found, expected] = [new Set(items), new Set(fitting)];
    const wrong = fitting.find((id) => !found.has(id)) ?? items.find((id) => !expected.has(id));
    // Nothing but what is wrong: a scenario as a whole is too large to read.
    if (wrong !== undefined)
      throw new Error(
        JSON.stringify(
          {
            seed: SEED,
            fits: expected.has(wrong),
            rule,
            person: people.get(wrong),
            context: {
              ...context,
              aggregates: [...context.aggregates.values()],
              segments: [...context.segments.entries()],
            },
          },
          undefined,
          1,
        ),
      );
    expect(items).toEqual(fitting.toSorted());
    expect(await audience.count(TENANT, rule, context, 5)).toEqual({
      count: fitting.length,
      total: people.size,
      sample: items.slice(0, 5),
    });
    const half = Math.ceil(items.length / 2);
    if (half > 0) {
      const { nextCursor } = await audience.search(TENANT, rule, context, { limit: half });
      const rest = nextCursor === null ? [] : await restOf(audience, rule, context, nextCursor);
      expect(rest).toEqual(items.slice(half));
    }
  }

  async function restOf(
    audience: ElasticAudience,
    rule: Rule,
    context: RuleContext,
    cursor: string,
  ): Promise<string[]> {
    return (await audience.search(TENANT, rule, context, { limit: 10_000, cursor })).items;
  }

  /** Whoever's answer is another at some later instant must be due by then. */
  async function compareDue(audience: ElasticAudience, rule: Rule, context: RuleContext): Promise<void> {
    const { items } = await audience.dueInstants(TENANT, rule, context, { limit: 10_000 });
    const due = new Map(items.map(({ profileId, at }) => [profileId, at]));
    for (const [id, person] of people) {
      const at = due.get(id) ?? Number.POSITIVE_INFINITY;
      expect(at).toBeGreaterThan(context.now);
      const answer = referenceAnswer(rule, person, context);
      const turned = LATER.map((later) => context.now + later).find(
        (now) => now < at && referenceAnswer(rule, person, { ...context, now }) !== answer,
      );
      if (turned !== undefined)
        throw new Error(JSON.stringify({ seed: SEED, turned, at, rule, person, now: context.now }, undefined, 1));
    }
  }
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckdbStores, openDuckdb } from '@cdp/adapters/embedded';
import { ManualClock, UuidIds } from '@cdp/core/kernel';
import type { Rule } from '@cdp/core/segment';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type RuleScenario, scenarios } from '../builders/arbitrary-rule.js';
import { documentOf, eventsOf, type Person } from '../builders/person.js';
import { referenceAnswer } from './reference-evaluator.js';

/** Scenarios drawn; each asks four rules of a few people. More by `CDP_DUCKDB_RULE_RUNS`. */
const RUNS = Number(process.env.CDP_DUCKDB_RULE_RUNS ?? 100);
const PEOPLE = 25;
const DAY = 86_400_000;
const LATER = [
  1,
  2,
  60_000,
  90_001,
  3_600_000,
  7_200_000,
  DAY,
  2 * DAY,
  7 * DAY,
  31 * DAY,
  61 * DAY,
  200 * DAY,
  366 * DAY,
];

describe('the DuckDB evaluator', () => {
  const ids = new UuidIds(new ManualClock(Date.parse('2026-01-01T00:00:00Z')));
  const folder = mkdtempSync(join(tmpdir(), 'cdp-rules-'));
  let stores: DuckdbStores;
  let tenants = 0;
  let partition = 0;

  beforeAll(async () => {
    // Few columns, so that values with columns of their own and values without meet in one table.
    stores = await openDuckdb({
      path: join(folder, 'rules.duckdb'),
      traitColumns: 14,
      propertyColumns: 8,
      habitsAt: 1,
    });
  });

  afterAll(async () => {
    await stores.close();
    rmSync(folder, { recursive: true });
  });

  it(
    'answers as the reference does, over any rules, people and histories',
    async () => {
      await fc.assert(
        fc.asyncProperty(scenarios(PEOPLE), async (scenario) => {
          const tenantId = `tenant-${tenants++}`;
          const people = await store(tenantId, scenario.people);
          for (const rule of [scenario.rule, scenario.asked, ...scenario.context.segments.values()])
            await compare(tenantId, rule, people, scenario);
          await compareDue(tenantId, people, scenario);
          await compareDue(tenantId, people, { ...scenario, rule: scenario.asked });
          await stores.audience.deleteTenant(tenantId);
        }),
        // Every run is a tenant of its own, so shrinking would take long: the error names the rule and the person.
        { numRuns: RUNS, endOnFailure: true },
      );
    },
    60_000 + RUNS * 1_000,
  );

  async function compare(
    tenantId: string,
    rule: Rule,
    people: ReadonlyMap<string, Person>,
    { context }: RuleScenario,
  ): Promise<void> {
    const fitting = [...people].filter(([, person]) => referenceAnswer(rule, person, context)).map(([id]) => id);
    const found = await stores.audience.search(tenantId, rule, context, { limit: 1000 });
    const wrong = fitting.find((id) => !found.items.includes(id)) ?? found.items.find((id) => !fitting.includes(id));
    // Nothing but what is wrong: a scenario as a whole is too large to read.
    if (wrong !== undefined)
      throw new Error(
        JSON.stringify(
          {
            fits: fitting.includes(wrong),
            rule,
            person: people.get(wrong),
            context: { ...context, aggregates: [...context.aggregates.values()] },
          },
          undefined,
          1,
        ),
      );
    expect(await stores.audience.count(tenantId, rule, context, 5)).toEqual({
      count: fitting.length,
      total: people.size,
      sample: found.items.slice(0, 5),
    });
  }

  /** Whoever's answer is another at some later instant must be due by then. */
  async function compareDue(
    tenantId: string,
    people: ReadonlyMap<string, Person>,
    { rule, context }: RuleScenario,
  ): Promise<void> {
    const { items } = await stores.audience.dueInstants(tenantId, rule, context, { limit: 1000 });
    const due = new Map(items.map(({ profileId, at }) => [profileId, at]));
    for (const [id, person] of people) {
      const answer = referenceAnswer(rule, person, context);
      const turned = LATER.map((later) => context.now + later).find(
        (now) => referenceAnswer(rule, person, { ...context, now }) !== answer,
      );
      if (turned !== undefined && (due.get(id) ?? Number.POSITIVE_INFINITY) > turned)
        throw new Error(JSON.stringify({ turned, due: due.get(id), rule, person, now: context.now }, undefined, 1));
      expect(due.get(id) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(context.now);
    }
  }

  async function store(tenantId: string, people: readonly Person[]): Promise<Map<string, Person>> {
    const stored = new Map(people.map((person) => [ids.next(), person]));
    const { events } = stores;
    const all = [...stored].flatMap(([id, person]) => eventsOf(person, id));
    const half = Math.ceil(all.length / 2);
    await events.append(new Map([[tenantId, all.slice(0, half)]]), { partition: partition++, next: 1 });
    if (tenants % 2 === 0) await events.keepHabits(tenantId);
    // Every third event after that came in under another id, which is the person's since.
    const others = new Map([...stored.keys()].slice(0, 12).map((id) => [id, ids.next()]));
    const late = all
      .slice(half)
      .map((event, index) =>
        index % 3 === 0 && tenants % 3 !== 0
          ? { ...event, profileId: others.get(event.profileId) ?? event.profileId }
          : event,
      );
    await events.append(new Map([[tenantId, late]]), { partition: partition++, next: 1 });
    if (tenants % 4 < 2) await events.keepHabits(tenantId);
    if (tenants % 3 !== 0) for (const [id, other] of others) await events.moveHistory(tenantId, other, id);
    await stores.audience.project(
      tenantId,
      [...stored].map(([id, person]) => documentOf(person, tenantId, id)),
    );
    await stores.audience.refresh(tenantId);
    return stored;
  }
});

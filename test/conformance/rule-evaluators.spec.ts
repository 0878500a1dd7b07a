import { applyEvent, emptyState, fillFromHistory, type ProfileDocument, type StoredEvent } from '@cdp/core/profile';
import { type CompiledRule, compileRule, parseRule } from '@cdp/core/segment';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { documentOf, eventsOf, type Person, scenarios } from '../builders/index.js';
import { referenceAnswer } from './reference-evaluator.js';

const RUNS = Number(process.env.CDP_RULE_RUNS ?? 1_500);

/** The document with its aggregates, from the events one by one in the order given, as of a clock that goes with them. */
function appliedInOrder(compiled: CompiledRule, person: Person, events: StoredEvent[], now: number): ProfileDocument {
  const document = documentOf(person, 't', 'p');
  for (const event of events)
    for (const [key, definition] of compiled.touches.aggregates) {
      document.aggregates[key] ??= emptyState();
      // The clock of the writer stands at the event or at now, whichever is earlier.
      applyEvent(document.aggregates[key], definition, event, Math.min(now, event.receivedAt));
    }
  return document;
}

function filledAtOnce(compiled: CompiledRule, person: Person, now: number): ProfileDocument {
  const document = documentOf(person, 't', 'p');
  for (const [key, definition] of compiled.touches.aggregates)
    document.aggregates[key] = fillFromHistory(definition, eventsOf(person, 'p'), now);
  return document;
}

describe('the live evaluator of rules', () => {
  it('answers as the reference does, of states filled from history', () => {
    fc.assert(
      fc.property(scenarios(), ({ rule, asked, context, people }) => {
        for (const one of [rule, asked]) {
          const compiled = compileRule(one, context);
          for (const person of people)
            expect({ answer: compiled.evaluate(filledAtOnce(compiled, person, context.now), context.now) }).toEqual({
              answer: referenceAnswer(one, person, context),
            });
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('answers the same of events that were applied one by one, in any order', () => {
    const shuffled = scenarios(1).chain((scenario) =>
      fc.tuple(
        fc.constant(scenario),
        fc.shuffledSubarray(scenario.people[0]?.events.map((_, index) => index) ?? [], {
          minLength: scenario.people[0]?.events.length ?? 0,
        }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([{ rule, context, people }, order]) => {
        const compiled = compileRule(rule, context);
        const person = people[0] as Person;
        const events = eventsOf(person, 'p');
        const inOrder = order.map((index) => events[index] as StoredEvent);
        const document = appliedInOrder(compiled, person, inOrder, context.now);
        expect(compiled.evaluate(document, context.now)).toBe(referenceAnswer(rule, person, context));
      }),
      { numRuns: RUNS },
    );
  });

  it('never changes an answer before the instant that it names, by time alone', () => {
    fc.assert(
      fc.property(scenarios(1), fc.double({ min: 0, max: 1, noNaN: true }), ({ rule, context, people }, part) => {
        const compiled = compileRule(rule, context);
        const person = people[0] as Person;
        const document = filledAtOnce(compiled, person, context.now);
        const answer = compiled.evaluate(document, context.now);
        const next = compiled.nextChange(document, context.now);
        const horizon = context.now + 400 * 86_400_000;
        const until = next ?? horizon;
        expect(until).toBeGreaterThan(context.now);
        const moments = [until - 1, context.now + Math.floor((until - 1 - context.now) * part), context.now + 1].filter(
          (moment) => moment >= context.now && moment < until,
        );
        for (const moment of moments)
          expect({ moment, answer: referenceAnswer(rule, person, { ...context, now: moment }) }).toEqual({
            moment,
            answer,
          });
        if (next !== undefined)
          expect(compiled.evaluate(document, next)).toBe(referenceAnswer(rule, person, { ...context, now: next }));
      }),
      { numRuns: RUNS },
    );
  });

  it('finds every turn of an answer when it is asked again at each instant that it names', () => {
    fc.assert(
      fc.property(scenarios(1), ({ rule, context, people }) => {
        const compiled = compileRule(rule, context);
        const person = people[0] as Person;
        const document = filledAtOnce(compiled, person, context.now);
        let now: number | undefined = context.now;
        for (let step = 0; step < 60 && now !== undefined; step++) {
          expect(compiled.evaluate(document, now)).toBe(referenceAnswer(rule, person, { ...context, now }));
          now = compiled.nextChange(document, now);
        }
      }),
      { numRuns: RUNS / 3 },
    );
  });

  it('takes every rule that is drawn for a valid one, and its explanation answers as it does', () => {
    fc.assert(
      fc.property(scenarios(1), ({ rule, context, people }) => {
        expect(parseRule(rule, { segments: context.segments, aggregates: context.aggregates })).toEqual({
          ok: true,
          rule,
        });
        const compiled = compileRule(rule, context);
        const document = filledAtOnce(compiled, people[0] as Person, context.now);
        const explanation = compiled.explain(document, context.now);
        expect(explanation.answer).toBe(compiled.evaluate(document, context.now));
        expect(explanation.rule).toEqual(rule);
        expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
      }),
      { numRuns: RUNS / 3 },
    );
  });
});

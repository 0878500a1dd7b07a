import type { JsonObject } from '../kernel/index.js';
import { MESSAGE_EVENTS, OPERATORS } from './operators.js';
import { AGGREGATE_MEASURES, AGGREGATE_NAME } from './parse-aggregate.js';
import type { MeasureKind } from './rule.js';

const text: JsonObject = { type: 'string', minLength: 1 };
const path: JsonObject = { ...text, description: 'Keys joined by dots, such as `address.city`.' };
const value: JsonObject = {
  description:
    'What the operator takes: text, a number, true or false; a list for `in` and `nin`; two bounds for `between`; a duration such as `7d` for `withinLast`; a day for `onDay`. None with `exists`, `missing` and `anniversary`.',
};

const object = (properties: JsonObject, required: string[]): JsonObject => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

const question = (operators: readonly string[]): JsonObject => ({
  op: { type: 'string', enum: [...operators] },
  value,
});

const duration: JsonObject = { type: 'string', pattern: '^[0-9]{1,9}(ms|s|m|h|d|w)$' };
const instant: JsonObject = { type: 'string', description: 'RFC 3339.' };
const window: JsonObject = {
  description: 'Closed at its start and open at its end. Left out: ever.',
  anyOf: [
    object({ last: duration }, ['last']),
    object({ between: { type: 'array', items: duration, minItems: 2, maxItems: 2 } }, ['between']),
    object({ from: instant, to: instant }, []),
  ],
};

const filter: JsonObject = {
  type: 'object',
  description: 'The same all, any and not, over conditions {property, op, value}.',
};

const measureOperators = [...OPERATORS.compare, ...OPERATORS.presence];
const measured: readonly MeasureKind[] = ['sum', 'min', 'max', 'avg', 'unique'];

/** The shape of a named aggregate as JSON Schema. `requireNamedAggregate` says what else must hold. */
export const aggregateJsonSchema = (): JsonObject =>
  object(
    {
      name: { type: 'string', pattern: AGGREGATE_NAME.source },
      event: text,
      where: filter,
      measure: { type: 'string', enum: [...AGGREGATE_MEASURES] },
      property: {
        ...path,
        description: 'What is measured; of all but `count`, `first` and `last`. Keys joined by dots.',
      },
      within: window,
    },
    ['name', 'event', 'measure'],
  );

/** The shape of a rule as JSON Schema, for API references; `self` is the reference to itself. `parseRule` says what else must hold. */
export function ruleJsonSchema(self: string): JsonObject {
  const rule: JsonObject = { $ref: self };
  const rules: JsonObject = { type: 'array', items: rule };
  const measures = Object.fromEntries(
    measured.map((kind) => [kind, object({ property: path, ...question(measureOperators) }, ['property', 'op'])]),
  );
  return {
    anyOf: [
      object({ all: rules }, ['all']),
      object({ any: rules }, ['any']),
      object({ not: rule }, ['not']),
      object({ trait: path, ...question(Object.values(OPERATORS).flat()) }, ['trait', 'op']),
      object(
        {
          event: text,
          where: filter,
          count: object(question(measureOperators), ['op']),
          ...measures,
          within: window,
        },
        ['event'],
      ),
      object({ aggregate: text, ...question([...measureOperators, ...OPERATORS.time]) }, ['aggregate', 'op']),
      object({ segment: text }, ['segment']),
      object(
        {
          consent: object(
            { channel: text, purpose: text, status: { type: 'string', enum: ['granted', 'denied', 'pending'] } },
            ['channel', 'status'],
          ),
        },
        ['consent'],
      ),
      object({ device: object({ platform: { type: 'string', enum: ['ios', 'android', 'web'] } }, ['platform']) }, [
        'device',
      ]),
      object(
        {
          message: object(
            { campaign: text, channel: text, event: { type: 'string', enum: Object.keys(MESSAGE_EVENTS) } },
            ['event'],
          ),
          within: window,
        },
        ['message'],
      ),
    ],
  };
}

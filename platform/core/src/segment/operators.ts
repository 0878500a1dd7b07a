/**
 * What a rule means, to the bit: every evaluator (live, DuckDB, Elasticsearch, the reference of the tests) follows this text.
 *
 * **Values.** A path is a list of keys, dotted. From the traits of a profile, or the properties of an event, each key leads
 * to the property of that name of an object; on a list, the rest of the path is followed into each element. (A key that
 * itself contains a dot cannot be named; a list is not indexed.) What stands at the end is the *leaf*; a path that meets
 * lists has several. The *values* of a path are its leaves; a leaf that is a list gives its elements instead, and so on
 * down. `null` is no value, nor is an empty list. An object is a value that only `exists` and `missing` see.
 *
 * **Operators.** A condition on a path holds when *some* value satisfies the operator:
 *
 * - `eq` v: the same type (text, number, boolean) and equal; text by code units, numbers as IEEE doubles. `in` [v…]: `eq` to one.
 * - `gt` `gte` `lt` `lte` v: v a number: a number in that order. v RFC 3339 text: text that is a *time*, in that order of
 *   instants. `between` [low, high]: one value that is `gte` low and `lte` high.
 * - `contains` v: for a value out of a list leaf: `eq` v. For any other value: text that contains v, which must be text.
 * - `startsWith` `endsWith` v: text that does. These three compare text by its simple case folding (`foldCase`), but
 *   `contains` on a list does not fold.
 * - `exists`: there is a value.
 * - `before` `after` v: a *time* earlier, later than v. `withinLast` d: a time t, now - d <= t < now.
 * - `onDay` "YYYY-MM-DD": a time or date whose calendar day in the zone is that one.
 * - `anniversary`: a time or date of whose calendar day, in the zone, today has the same month and day, in a later year; 29
 *   February has its anniversary on 28 February of a year without one.
 *
 * and four are negations, so they hold too where there is no value: `neq` is not `eq`, `nin` is not `in`, `missing` is not
 * `exists`. `notWithinLast` d: some value is a time, and none is within the last d.
 *
 * **Times** (`timeOf`): RFC 3339 `date-time` text (seconds to 59, digits after the millisecond dropped), RFC 3339
 * `full-date` text (midnight UTC of that day), or, for `before`, `after`, `withinLast` and the calendar operators only, a
 * number of milliseconds since the epoch (rounded down); from year 0 to 9999. For the calendar operators a `full-date` is
 * that calendar day itself, in every zone. Days begin when the zone's clocks first show them.
 *
 * **Events.** Those of the profile (after merges) whose name is the one given, that pass `where` on their properties, and
 * whose timestamp is in the window. `{last: d}` is [now - d, now), `{between: [a, b]}` is [now - a, now - b), `{from, to}` is
 * [from, to); no window is ever, the future included. `where` may not use `withinLast`, `notWithinLast` or `anniversary`.
 * Over these events:
 *
 * - `count` is their number; the default is `{op: "gte", value: 1}`.
 * - `sum`, `avg`, `min`, `max` are over the *numbers* among the values of the property in each event. For `sum` and `avg` a number
 *   counts as `microsOf` it: an integer of millionths, halves rounded away from zero; numbers beyond ±1e15 are left out.
 *   The value asked for is rounded likewise. The sum of no numbers is 0; `avg`, `min` and `max` of none are no value. `avg` op
 *   v is asked exactly, as sum op v × count.
 * - `unique` is the number of different scalars (`eq`) among the values of the property in all events.
 *
 * - `first` and `last`, of aggregates alone, are the times of the first and the last event: values that the operators of
 *   times, `exists` and `missing` are asked of as of a trait that holds them as numbers. Their window does not slide.
 *
 * On the other figures `neq` and `nin` are again negations, and hold for no value; `exists` and `missing` tell whether there is one.
 *
 * **The rest.** `{aggregate: name}` is the event condition that the tenant defined under that name, with the operator asked.
 * `{message: {campaign, channel, event}}` is at least one event of type `message` named `Message Sent` and so on, whose
 * `campaignId` and `channel` are `eq` those given; `opened` and `clicked` leave out those with `machine` `eq` true. `{consent}`: the
 * profile's consent for exactly that channel and purpose (without one: for the channel as a whole) has the status.
 * `{device}`: one of its devices is of the platform. `{segment: id}` is the rule of that segment. `all` of nothing holds, `any` of
 * nothing does not; `not` is plain negation.
 */
export const OPERATORS = {
  compare: ['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'between', 'in', 'nin'],
  text: ['contains', 'startsWith', 'endsWith'],
  presence: ['exists', 'missing'],
  time: ['before', 'after', 'withinLast', 'notWithinLast', 'onDay', 'anniversary'],
} as const;

/** The operators whose answer may change while time alone passes. */
export const MOVING_OPERATORS: readonly string[] = ['withinLast', 'notWithinLast', 'anniversary'];

/** The name under which each outcome of a message stands on a profile's timeline, as an event of type `message`. */
export const MESSAGE_EVENTS = {
  sent: 'Message Sent',
  delivered: 'Message Delivered',
  opened: 'Message Opened',
  clicked: 'Message Clicked',
  converted: 'Message Converted',
  dismissed: 'Message Dismissed',
  unsubscribed: 'Message Unsubscribed',
  bounced: 'Message Bounced',
  failed: 'Message Failed',
} as const;

export type MessageOutcome = keyof typeof MESSAGE_EVENTS;

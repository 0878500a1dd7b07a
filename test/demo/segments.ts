import type { Click, Purchase } from './real-data.js';

const DAY = 86_400_000;

/** The instant that the windowed question about the shop of 1998 is asked at. */
export const VIRTUAL_NOW = Date.parse('1998-07-01T00:00:00Z');

export interface Question {
  name: string;
  /** With `{segment: name}` for a segment of this list. */
  rule: object;
  /** Windows are counted back from here; such a question is previewed, for a segment lives in the present. */
  asOf?: number;
  /** The same question answered by counting over the files. */
  count(purchases: readonly Purchase[], clicks: readonly Click[]): number;
}

const timeOf = ({ date }: Purchase): number =>
  Date.parse(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T00:00:00Z`);

function by<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  return [...Map.groupBy(items, keyOf).values()];
}

const loyal = (purchases: readonly Purchase[]): boolean =>
  purchases.length >= 3 && purchases.reduce((sum, { cents }) => sum + cents, 0) > 10_000;

const order = 'Order Completed';

export const QUESTIONS: readonly Question[] = [
  {
    name: 'Loyal buyers: at least 3 orders, more than 100 dollars in all',
    rule: {
      all: [
        { event: order, count: { op: 'gte', value: 3 } },
        { event: order, sum: { property: 'total', op: 'gt', value: 100 } },
      ],
    },
    count: (purchases) => by(purchases, ({ customer }) => customer).filter(loyal).length,
  },
  {
    name: 'Window shoppers: viewed products twice or more, never paid',
    rule: {
      all: [
        { event: 'product_view', count: { op: 'gte', value: 2 } },
        { event: 'purchase', count: { op: 'eq', value: 0 } },
      ],
    },
    count: (_, clicks) =>
      by(clicks, ({ userId }) => userId).filter(
        (own) =>
          own.filter(({ event }) => event === 'product_view').length >= 2 &&
          !own.some(({ event }) => event === 'purchase'),
      ).length,
  },
  {
    name: 'Buyers of the last 90 days, as of 1 July 1998',
    rule: { event: order, within: { last: '90d' } },
    asOf: VIRTUAL_NOW,
    count: (purchases) =>
      by(purchases, ({ customer }) => customer).filter((own) =>
        own.some((purchase) => timeOf(purchase) >= VIRTUAL_NOW - 90 * DAY && timeOf(purchase) < VIRTUAL_NOW),
      ).length,
  },
  {
    name: 'Lapsing loyal buyers: loyal, but no order in 1998',
    rule: {
      all: [
        { segment: 'Loyal buyers: at least 3 orders, more than 100 dollars in all' },
        { not: { event: order, within: { from: '1998-01-01T00:00:00Z', to: '1999-01-01T00:00:00Z' } } },
      ],
    },
    count: (purchases) =>
      by(purchases, ({ customer }) => customer).filter(
        (own) => loyal(own) && !own.some(({ date }) => date >= '19980101'),
      ).length,
  },
  {
    name: 'Mobile searchers who came by a campaign',
    rule: {
      event: 'search',
      where: {
        all: [
          { property: 'platform', op: 'eq', value: 'mobile' },
          { property: 'channel', op: 'in', value: ['email', 'paid_search', 'social'] },
        ],
      },
    },
    count: (_, clicks) =>
      new Set(
        clicks
          .filter(
            ({ event, platform, channel }) =>
              event === 'search' && platform === 'mobile' && ['email', 'paid_search', 'social'].includes(channel),
          )
          .map(({ userId }) => userId),
      ).size,
  },
];

import type { Page, PageRequest } from '../kernel/index.js';
import type { MembershipChange, ProfileDocument } from '../profile/index.js';
import type { Audience, BuildRequest, RuleContext } from './audience.js';
import type { Rule } from './rule.js';

export const NOW = Date.parse('2026-03-01T12:00:00Z');

/** The same id for the same number, in the order of the numbers. */
export const profileId = (number: number): string => `0199c000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;

export const document = (
  number: number,
  traits: Record<string, ProfileDocument['traits'][string]['value']> = {},
  more: Partial<ProfileDocument> = {},
): ProfileDocument => ({
  tenantId: 'acme',
  id: profileId(number),
  version: 1,
  state: 'active',
  identifiers: [{ type: 'userId', value: `user-${number}` }],
  traits: Object.fromEntries(Object.entries(traits).map(([name, value]) => [name, { value, at: 1 }])),
  devices: [],
  consents: [],
  firstSeenAt: 1,
  lastSeenAt: 2,
  aggregates: {},
  memberships: {},
  ...more,
});

export const CONTEXT: RuleContext = { now: NOW, timeZone: 'UTC', segments: new Map(), aggregates: new Map() };
export const EVERYONE: Rule = { all: [] };
export const PRO: Rule = { trait: 'plan', op: 'eq', value: 'pro' };

export const buildOf = (segmentId: string, rule: Rule, now = NOW): BuildRequest => ({
  ...CONTEXT,
  now,
  segmentId,
  version: 1,
  rule,
  at: now,
});

export const move = (
  segmentId: string,
  number: number,
  change: MembershipChange['change'],
  at: number,
): MembershipChange => ({ segmentId, profileId: profileId(number), change, at });

/** Every page of a list, a few items at a time. */
export async function all<T>(read: (page: PageRequest) => Promise<Page<T>>, limit = 2): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read({ limit, cursor });
    if (page.items.length > limit) throw new Error('a page is longer than its limit');
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

export async function project(audience: Audience, documents: ProfileDocument[], tenantId = 'acme'): Promise<void> {
  await audience.project(tenantId, documents);
  await audience.refresh(tenantId);
}

/** Numbers of the profiles that fit, as the search tells. */
export async function fitting(audience: Audience, rule: Rule, tenantId = 'acme'): Promise<number[]> {
  return (await all((page) => audience.search(tenantId, rule, CONTEXT, page))).map(numberOf);
}

export const numberOf = (id: string): number => Number.parseInt(id.slice(-12), 16);

export async function membersOf(
  audience: Audience,
  segmentId: string,
  tenantId = 'acme',
): Promise<Record<number, number>> {
  await audience.refresh(tenantId);
  const members = await all((page) => audience.members(tenantId, segmentId, page));
  return Object.fromEntries(members.map(({ profileId: id, since }) => [numberOf(id), since]));
}

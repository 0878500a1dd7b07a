import { z } from 'zod';

const identifierType = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,39}$/, 'Letters, digits and _, at most 40.');

const identifierTypeSettings = z.strictObject({
  /** Where two profiles meet, the one known by the lower number keeps its name. 1 to 100. */
  priority: z.int().min(1).max(100),
  /** How many values of the type one profile may hold; further ones are refused, not joined. 1 to 1,000. */
  limit: z.int().min(1).max(1_000),
  /** Values of this type that never name a person, beside the general ones. Compared without regard to case. */
  blocked: z.array(z.string().min(1).max(256)).max(1_000).optional(),
});

const perSecond = z.int().min(1).max(1_000_000).nullable();

/** What a tenant decides for itself. Durations are milliseconds; `null` is no limit of the tenant's own. */
export const tenantSettingsSchema = z.strictObject({
  identity: z.strictObject({
    /** What may name a person, by type. Types left out are not identifiers. */
    types: z.record(identifierType, identifierTypeSettings),
    /** Values that never join two people, whatever their type. Compared without regard to case. */
    blocked: z.array(z.string().max(256)).max(1_000),
  }),
  dedupe: z.strictObject({
    enabled: z.boolean(),
    /** A messageId seen again within this time is a repetition. One minute to 30 days, and no longer than the platform remembers (`CDP_DEDUPE_WINDOW`). */
    windowMs: z.int().min(60_000).max(2_592_000_000),
  }),
  /** What an app of the tenant may send when it has no limits of its own. */
  rates: z.strictObject({
    requestsPerSecond: perSecond,
    eventsPerSecond: perSecond,
    eventsPerDay: z.int().min(1).max(1_000_000_000_000).nullable(),
  }),
  /** What counts as personal: masked for those who may not see it. Names are compared without regard to case, `_` and `-`. */
  privacy: z.strictObject({
    identifierTypes: z.array(identifierType).max(100),
    /** Names of traits, event properties and context fields, at any depth. */
    fields: z.array(z.string().min(1).max(128)).max(500),
  }),
  messages: z.strictObject({
    /** The most messages that one person gets from campaigns within a time; what is beyond is skipped and counted. */
    cap: z
      .strictObject({ messages: z.int().min(1).max(1_000), windowMs: z.int().min(60_000).max(31_536_000_000) })
      .nullable(),
  }),
  /** IANA name; calendar days of rules and schedules without one of their own are days of this zone. */
  timezone: z.string().refine(isTimezone, 'Not a time zone, such as Europe/Berlin.'),
});

export type TenantSettings = z.infer<typeof tenantSettingsSchema>;
export type IdentitySettings = TenantSettings['identity'];
export type Limits = TenantSettings['rates'];

/** A change of settings: each group that is given replaces that group. */
export const tenantSettingsPatchSchema = tenantSettingsSchema.partial();
export type TenantSettingsPatch = z.infer<typeof tenantSettingsPatchSchema>;

const BLOCKED_VALUES = [
  '',
  'null',
  'nil',
  'undefined',
  'none',
  'nan',
  'n/a',
  'na',
  'anonymous',
  'guest',
  'unknown',
  'not set',
  '(not set)',
  'test',
  'true',
  'false',
  '0',
  '-1',
  '[object object]',
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
];

/** What holds where a tenant has not decided otherwise. */
export const DEFAULT_TENANT_SETTINGS: TenantSettings = {
  identity: {
    types: {
      userId: { priority: 1, limit: 1 },
      email: { priority: 2, limit: 5 },
      phone: { priority: 3, limit: 5 },
      anonymousId: { priority: 10, limit: 100 },
    },
    blocked: BLOCKED_VALUES,
  },
  dedupe: { enabled: true, windowMs: 86_400_000 },
  rates: { requestsPerSecond: null, eventsPerSecond: null, eventsPerDay: null },
  privacy: {
    identifierTypes: ['email', 'phone'],
    fields: [
      'email',
      'phone',
      'mobile',
      'name',
      'firstName',
      'lastName',
      'middleName',
      'fullName',
      'username',
      'address',
      'street',
      'postalCode',
      'zip',
      'birthday',
      'birthDate',
      'dateOfBirth',
      'avatar',
      'ip',
      'taxId',
      'ssn',
    ],
  },
  messages: { cap: null },
  timezone: 'UTC',
};

/** The settings that hold for a tenant that decided `decided`. */
export const resolveSettings = (decided: TenantSettingsPatch): TenantSettings => ({
  ...DEFAULT_TENANT_SETTINGS,
  ...Object.fromEntries(Object.entries(decided).filter(([, value]) => value !== undefined)),
});

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

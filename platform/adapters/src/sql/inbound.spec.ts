import { IdentityResolver, type IdentityStore, identifierTypes } from '@cdp/core/identity';
import { InboundProcessor, NoGeoLocator } from '@cdp/core/inbound';
import { type Call, rawRecord } from '@cdp/core/ingest';
import { CdpError, ManualClock, UuidIds } from '@cdp/core/kernel';
import type { Batch } from '@cdp/core/log';
import { DEFAULT_TENANT_SETTINGS, resolveSettings } from '@cdp/core/tenancy';
import { afterEach, describe, expect, it } from '@jest/globals';
import { LevelDeduper } from '../embedded/level-deduper.js';
import { temporaryFolder } from '../embedded/testing/index.js';
import type { SqlDatabase } from './database.js';
import { SqlIdentityStore } from './sql-identity-store.js';
import { openTestDatabase } from './testing/index.js';

const NOW = 1_700_000_000_000;

describe('inbound', () => {
  let close: () => Promise<void>;
  afterEach(() => close());

  const open = async (storeOn = (db: SqlDatabase): IdentityStore => new SqlIdentityStore(db)) => {
    const folder = temporaryFolder();
    const db = await openTestDatabase();
    const clock = new ManualClock(NOW);
    const ids = new UuidIds(clock);
    const identities = storeOn(db);
    const types = identifierTypes(resolveSettings({}).identity);
    const typesOf = () => types;
    const deduper = await LevelDeduper.open({ path: folder.path });
    close = async () => {
      await deduper.close();
      await db.close();
      await folder.remove();
    };
    const parts = { deduper, identities, geo: new NoGeoLocator(), clock, ids, typesOf };
    const start = () =>
      new InboundProcessor({
        ...parts,
        resolver: new IdentityResolver(identities, ids, typesOf),
        isKnown: () => true,
        dedupeOf: () => DEFAULT_TENANT_SETTINGS.dedupe,
      });
    return { inbound: start(), restarted: start, identities };
  };

  const batchOf = (from: number, ...calls: Partial<Call>[]): Batch => ({
    topic: 'raw',
    partition: 0,
    last: true,
    records: calls.map((call, index) => {
      const full = { type: 'track', event: 'Seen', messageId: `m${from + index}`, ...call } as Call;
      const { key, value } = rawRecord({ tenantId: 't', appId: 'app', receivedAt: NOW, call: full });
      return { partition: 0, offset: from + index, key, value: Buffer.from(value) };
    }),
  });
  const mergesIn = (records: { value: Uint8Array }[]) =>
    records.map(({ value }) => JSON.parse(Buffer.from(value).toString())).filter(({ kind }) => kind === 'merge').length;

  it('refuses ids that are no well-formed text, which a store would keep as one another, and goes on', async () => {
    const { inbound } = await open();
    const outputs = await inbound.handle(batchOf(0, { userId: '\ud800' }, { userId: '\udc00' }, { userId: 'u' }));
    const said = outputs.map(({ value }) => JSON.parse(Buffer.from(value).toString()));
    expect(said.filter(({ code }) => code === 'no_identifier')).toHaveLength(2);
    expect(said.filter(({ kind }) => kind === 'event')).toHaveLength(1);
  });

  it('calls it a defect, not a reason to wait, when the store says that an id is taken and by nobody', async () => {
    class Forgetful extends SqlIdentityStore {
      override find = async () => [];
    }
    const { inbound, restarted } = await open((db) => new Forgetful(db));
    await inbound.handle(batchOf(0, { userId: 'u' }));
    const failure = await restarted()
      .handle(batchOf(1, { userId: 'u' }))
      .then(String, (error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(CdpError);
  });

  it('gives out a merge with its batch as often as that comes, until it is committed', async () => {
    const { inbound, identities } = await open();
    await inbound.handle(batchOf(0, { anonymousId: 'a' }, { userId: 'u' }));
    const meeting = batchOf(2, { type: 'identify', anonymousId: 'a', userId: 'u' });
    expect(mergesIn(await inbound.handle(meeting))).toBe(1);
    // The log could not be written: the same batch comes again.
    expect(mergesIn(await inbound.handle(meeting))).toBe(1);
    expect(await identities.unannounced(10)).toHaveLength(1);
    expect(mergesIn(await inbound.handle(batchOf(3, { userId: 'u' })))).toBe(0);
    expect(await identities.unannounced(10)).toEqual([]);
  });
});

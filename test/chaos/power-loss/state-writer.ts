import { join } from 'node:path';
import { LevelDeduper, LmdbDueIndex, LmdbProfileStore, LmdbState } from '@cdp/adapters/embedded';
import { emptyDocument, type ProfileDocument } from '@cdp/core/profile';
import { report } from './report.js';

/** Writes documents, message ids and instants for ever, several at a time, and reports what was acknowledged. */
const [path = '', round = ''] = process.argv.slice(2);
const state = new LmdbState({ path });
const profiles = new LmdbProfileStore(state);
const deduper = await LevelDeduper.open({ path: join(path, 'dedupe') });
const due = new LmdbDueIndex(state);

const document = (tenantId: string, id: string, version: number): ProfileDocument => ({
  ...emptyDocument(tenantId, id, 0),
  version,
  traits: { filler: { value: 'x'.repeat(500), at: version } },
  memberships: { [`segment-${round}`]: { version: 1, member: true, since: version } },
});

async function write(writer: number): Promise<never> {
  const tenantId = `tenant-${writer}`;
  for (let number = 1; ; number++) {
    const version = Number(round) * 1_000_000 + number;
    const documents = Array.from({ length: 20 }, (_, index) =>
      document(tenantId, `p-${(number * 7 + index) % 200}`, version),
    );
    const messageId = `m-${version}`;
    await Promise.all([
      profiles.putMany(tenantId, documents),
      deduper.claim([{ tenantId, messageId, partition: writer, offset: number, receivedAt: 1_760_000_000_000 }]),
      due.schedule([{ tenantId, profileId: 'p', at: version }]),
    ]);
    for (const { id } of documents) report(`acknowledged profile ${tenantId} ${id} ${version}`);
    report(`acknowledged message ${tenantId} ${messageId} ${number}`);
    report(`acknowledged due ${tenantId} p ${version}`);
  }
}
await Promise.all(Array.from({ length: 4 }, (_, writer) => write(writer)));

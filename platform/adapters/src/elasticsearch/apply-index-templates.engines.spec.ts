import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '../embedded/testing/index.js';
import { engineAddress } from '../testing/index.js';
import { applyIndexTemplates } from './apply-index-templates.js';
import type { Elastic } from './elastic.js';
import { ElasticEventStore } from './elastic-event-store.js';
import { DECLARATIONS, type ElasticHome, elasticHome } from './testing/index.js';

const NOTHING = { created: [], changed: [] };
const EVENT = {
  profileId: '0199c000-0000-7000-8000-000000000001',
  messageId: 'm',
  type: 'track' as const,
  name: 'A',
  timestamp: Date.UTC(2026, 4, 5),
  receivedAt: Date.UTC(2026, 4, 5),
  properties: { any: 'thing', other: 1 },
  context: {},
  source: 'x',
};

let home: ElasticHome;
let elastic: Elastic;
let folder: ReturnType<typeof temporaryFolder>;

beforeEach(async () => {
  home = await elasticHome(engineAddress('CDP_ELASTICSEARCH_URL'), { apply: false });
  elastic = home.open();
  folder = temporaryFolder();
  cpSync(DECLARATIONS, folder.path, { recursive: true });
});
afterEach(async () => {
  await home.remove();
  await folder.remove();
});

function change(file: string, edit: (declared: Declared) => void): void {
  const path = join(folder.path, file);
  const declared = JSON.parse(readFileSync(path, 'utf8')) as Declared;
  edit(declared);
  writeFileSync(path, JSON.stringify(declared));
}

interface Declared {
  template: { settings: Record<string, unknown>; mappings: { properties: Record<string, unknown> } };
}

const apply = (replicas?: number) => applyIndexTemplates(elastic, { folder: folder.path, replicas });
const mappingOf = async (name: string) => {
  const index = elastic.index(name);
  const all = await elastic.work((client, bounds) => client.indices.getMapping({ index }, bounds));
  return all[index]?.mappings;
};

describe('applyIndexTemplates', () => {
  it('makes all there is once, under the prefix alone, and nothing the second time', async () => {
    const { created, changed } = await apply();
    expect(changed).toEqual([]);
    expect(created.every((name) => name.startsWith(home.prefix))).toBe(true);
    expect(created.map((name) => name.slice(home.prefix.length)).sort()).toEqual([
      'cdp-event-fields',
      'cdp-events_v1',
      'cdp-lineage_v1',
      'cdp-positions_v1',
      'cdp-profile-fields',
      'cdp-profiles_v1',
      'lineage_v1',
      'positions_v1',
      'profiles_v1',
    ]);
    expect(await apply()).toEqual(NOTHING);
  });

  it('is no matter of who comes first', async () => {
    const both = await Promise.all([apply(), applyIndexTemplates(home.open(), { folder: folder.path })]);
    expect(both.some(({ created }) => created.length > 0)).toBe(true);
    expect(await apply()).toEqual(NOTHING);
  });

  it('makes indices whose fields are as declared and stay so, whatever traits come', async () => {
    await apply();
    const events = new ElasticEventStore(elastic);
    await events.append(new Map([['acme', [EVENT]]]), { partition: 0, next: 1 });
    const mapping = await mappingOf('events_v1-202605');
    const declared = ['events_v1.json', 'event-fields.json'].flatMap((file) => {
      const { template } = JSON.parse(readFileSync(join(folder.path, file), 'utf8')) as Declared;
      return Object.keys(template.mappings.properties);
    });
    expect(mapping).toMatchObject({ dynamic: 'strict' });
    expect(Object.keys(mapping?.properties ?? {}).sort()).toEqual(declared.sort());
    const odd = { ...EVENT, messageId: 'odd', properties: { never: 'seen', terms: { values: [1, 'two'] } } };
    await events.append(new Map([['acme', [odd]]]), { partition: 0, next: 2 });
    expect(await mappingOf('events_v1-202605')).toEqual(mapping);
    expect(await apply()).toEqual(NOTHING);
  });

  it('adds a field to the indices that are there', async () => {
    await apply();
    await new ElasticEventStore(elastic).append(new Map([['acme', [EVENT]]]), { partition: 0, next: 1 });
    change('event-fields.json', ({ template }) => {
      template.mappings.properties.added = { type: 'long' };
    });
    const { created, changed } = await apply();
    expect(created).toEqual([]);
    expect(changed.map((name) => name.slice(home.prefix.length))).toEqual([
      'cdp-event-fields',
      'cdp-events_v1',
      'events_v1-202605',
    ]);
    expect((await mappingOf('events_v1-202605'))?.properties?.added).toEqual({ type: 'long' });
    expect(await apply()).toEqual(NOTHING);
  });

  it('changes settings that can change, and leaves the number of shards', async () => {
    await apply();
    change('profiles_v1.json', ({ template }) => {
      template.settings.number_of_shards = 2;
      template.settings.refresh_interval = '7s';
    });
    await apply(0);
    const index = elastic.index('profiles_v1');
    const all = await elastic.work((client, bounds) => client.indices.getSettings({ index }, bounds));
    expect(all[index]?.settings?.index).toMatchObject({
      number_of_shards: '3',
      refresh_interval: '7s',
      number_of_replicas: '0',
    });
    expect(await apply(0)).toEqual(NOTHING);
  });

  it('says which index cannot become as declared, and which way there is', async () => {
    await apply();
    change('profiles_v1.json', ({ template }) => {
      template.mappings.properties.tenantId = { type: 'long' };
    });
    await expect(apply()).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('profiles_v1') });
  });

  it('refuses a part that is not declared', async () => {
    writeFileSync(
      join(folder.path, 'odd.json'),
      JSON.stringify({ index_patterns: ['odd'], composed_of: ['nothing'], template: {} }),
    );
    await expect(apply()).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('nothing') });
  });
});

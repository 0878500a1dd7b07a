import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { engineAddress } from '../../testing/index.js';
import { applyIndexTemplates } from '../apply-index-templates.js';
import type { Elastic } from '../elastic.js';
import type { ElasticOptions } from '../elastic-options.js';
import { openElastic } from '../open-elastic.js';

export const DECLARATIONS = fileURLToPath(new URL('../../../../../infra/elasticsearch', import.meta.url));

export interface ElasticHome {
  prefix: string;
  open(change?: Partial<ElasticOptions>): Elastic;
  /** Removes every index and template and closes every connection. */
  remove(): Promise<void>;
}

/** Indices of its own, made as declared, that are gone after the test. */
export async function elasticHome(
  url = engineAddress('CDP_ELASTICSEARCH_URL'),
  { apply = true } = {},
): Promise<ElasticHome> {
  const prefix = `test-${randomUUID().slice(0, 8)}-`;
  const opened: Elastic[] = [];
  const open = (change: Partial<ElasticOptions> = {}) => {
    const elastic = openElastic({ url, prefix, ...change });
    opened.push(elastic);
    return elastic;
  };
  if (apply) await applyIndexTemplates(open(), { folder: DECLARATIONS });
  return {
    prefix,
    open,
    remove: async () => {
      const elastic = open();
      await elastic.work(async (client, bounds) => {
        await client.indices.delete({ index: `${prefix}*` }, bounds);
        await client.indices.deleteIndexTemplate({ name: `${prefix}*` }, { ...bounds, ignore: [404] });
        await client.cluster.deleteComponentTemplate({ name: `${prefix}*` }, { ...bounds, ignore: [404] });
      });
      await Promise.all(opened.map((one) => one.close()));
    },
  };
}

import { CdpError, conflict } from '@cdp/core/kernel';
import type { estypes } from '@elastic/elasticsearch';
import { createIndex } from './create-index.js';
import type { Elastic } from './elastic.js';
import {
  digestOf,
  effective,
  type IndexTemplate,
  readTemplates,
  type TemplateOptions,
  type Templates,
} from './index-templates.js';

export interface AppliedIndexTemplates {
  /** Templates and indices that were not there. */
  created: string[];
  /** Templates and indices that said something else. */
  changed: string[];
}

/** Settings that an index has for good: a change of these is for the indices to come. */
const FIXED_SETTINGS = ['number_of_shards', 'codec', 'sort.field', 'sort.order', 'routing_partition_size'];

/**
 * Makes the templates of `folder` and the indices that must exist, and changes what says something else; running it again changes
 * nothing. Throws `conflict` when an index that is there cannot become as declared: a new one has to be built beside it.
 */
export async function applyIndexTemplates(
  elastic: Elastic,
  options: Omit<TemplateOptions, 'prefix'>,
): Promise<AppliedIndexTemplates> {
  const templates = readTemplates({ ...options, prefix: elastic.prefix });
  const applied: AppliedIndexTemplates = { created: [], changed: [] };
  await applyComponents(elastic, templates, applied);
  await applyIndices(elastic, templates, applied);
  for (const template of templates.indices.values()) await followTemplate(elastic, template, templates, applied);
  return applied;
}

async function applyComponents(
  elastic: Elastic,
  { components }: Templates,
  applied: AppliedIndexTemplates,
): Promise<void> {
  const standing = await elastic.work((client, bounds) =>
    client.cluster.getComponentTemplate({ name: `${elastic.prefix}cdp-*` }, { ...bounds, ignore: [404] }),
  );
  const digests = new Map(
    (standing.component_templates ?? []).map(({ name, component_template }) => [
      name,
      component_template._meta?.digest,
    ]),
  );
  for (const [name, template] of components)
    await note(applied, name, digests, template._meta, () =>
      elastic.work((client, bounds) => client.cluster.putComponentTemplate({ name, ...template }, bounds)),
    );
}

async function applyIndices(elastic: Elastic, { indices }: Templates, applied: AppliedIndexTemplates): Promise<void> {
  const standing = await elastic.work((client, bounds) =>
    client.indices.getIndexTemplate({ name: `${elastic.prefix}cdp-*` }, { ...bounds, ignore: [404] }),
  );
  const digests = new Map(
    (standing.index_templates ?? []).map(({ name, index_template }) => [name, index_template._meta?.digest]),
  );
  for (const [name, template] of indices)
    await note(applied, name, digests, template._meta, () =>
      elastic.work((client, bounds) =>
        client.indices.putIndexTemplate({ name, ...template } as estypes.IndicesPutIndexTemplateRequest, bounds),
      ),
    );
}

async function note(
  applied: AppliedIndexTemplates,
  name: string,
  standing: ReadonlyMap<string, unknown>,
  meta: Record<string, unknown>,
  put: () => Promise<unknown>,
): Promise<void> {
  if (standing.get(name) === meta.digest) return;
  await put();
  (standing.has(name) ? applied.changed : applied.created).push(name);
}

/** Makes the index of a template that is for one alone, and brings those that are there to what the template says. */
async function followTemplate(
  elastic: Elastic,
  template: IndexTemplate,
  { components }: Templates,
  applied: AppliedIndexTemplates,
): Promise<void> {
  const { mappings, settings } = effective(template, components);
  const digest = digestOf({ mappings, settings });
  const standing = await elastic.work((client, bounds) =>
    client.indices.getMapping({ index: template.index_patterns, ignore_unavailable: true }, bounds),
  );
  for (const [index, { mappings: now }] of Object.entries(standing)) {
    if (now._meta?.digest === digest) continue;
    await changeIndex(elastic, index, { mappings: { ...mappings, _meta: { digest } }, settings });
    applied.changed.push(index);
  }
  for (const index of template.index_patterns)
    if (!index.includes('*') && !(index in standing) && (await createIndex(elastic, index)))
      applied.created.push(index);
}

async function changeIndex(
  elastic: Elastic,
  index: string,
  { mappings, settings }: ReturnType<typeof effective>,
): Promise<void> {
  const changeable = Object.fromEntries(Object.entries(settings).filter(([name]) => !FIXED_SETTINGS.includes(name)));
  try {
    await elastic.work((client, bounds) => client.indices.putSettings({ index, settings: changeable }, bounds));
    await elastic.work((client, bounds) =>
      client.indices.putMapping({ index, ...mappings } as estypes.IndicesPutMappingRequest, bounds),
    );
  } catch (error) {
    if (error instanceof CdpError) throw error;
    throw conflict(
      `${index} cannot become as declared (${(error as Error).message}): build a new index beside it, of the next version.`,
    );
  }
}

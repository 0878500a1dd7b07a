import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { conflict, invalid } from '@cdp/core/kernel';
import type { estypes } from '@elastic/elasticsearch';

export interface ComponentTemplate {
  template: estypes.ClusterComponentTemplateNode['template'];
  _meta: Record<string, unknown>;
}

export interface IndexTemplate extends ComponentTemplate {
  index_patterns: string[];
  composed_of: string[];
  priority: number;
}

/** Every template under its full name, each with a digest of what it says in its `_meta`. */
export interface Templates {
  components: Map<string, ComponentTemplate>;
  indices: Map<string, IndexTemplate>;
}

export interface TemplateOptions {
  /** As of the stores. */
  prefix: string;
  /** Where the declarations are: `infra/elasticsearch`. */
  folder: string;
  /** Copies of each shard beside the first. Default: as declared, one where there is a second machine. */
  replicas?: number | undefined;
}

type Written = Partial<Omit<IndexTemplate, 'template'>> & { template: NonNullable<IndexTemplate['template']> };

/** Reads the declarations: those with `index_patterns` are of indices, the others parts that they are composed of. */
export function readTemplates({ prefix, folder, replicas }: TemplateOptions): Templates {
  const components: Templates['components'] = new Map();
  const indices: Templates['indices'] = new Map();
  const nameOf = (name: string): string => `${prefix}cdp-${name}`;
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.json')) continue;
    const name = basename(file, '.json');
    const written = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Written;
    if (typeof written.template !== 'object') throw invalid(`${file}.template`, 'is missing');
    if (written.index_patterns === undefined)
      components.set(nameOf(name), stamped({ ...written, _meta: metaOf(written) }));
    else
      indices.set(nameOf(name), {
        ...written,
        _meta: metaOf(written),
        index_patterns: written.index_patterns.map((pattern) => prefix + pattern),
        composed_of: (written.composed_of ?? []).map(nameOf),
        priority: written.priority ?? 500,
        template: withReplicas(written.template, replicas),
      });
  }
  for (const [name, template] of indices) {
    for (const part of template.composed_of)
      if (!components.has(part)) throw conflict(`${name} is composed of ${part}, which is not there.`);
    indices.set(name, stamped(withDigest(template, digestOf(effective(template, components)))));
  }
  return { components, indices };
}

/** What a new index of the template is made with, and an old one is to be changed to. */
export function effective(
  { template, composed_of }: IndexTemplate,
  components: Templates['components'],
): { mappings: estypes.MappingTypeMapping; settings: estypes.IndicesIndexSettings } {
  const parts = [...composed_of.map((name) => components.get(name)?.template), template];
  const mappings: estypes.MappingTypeMapping = {};
  const settings: estypes.IndicesIndexSettings = {};
  for (const part of parts) {
    const { _meta, ...own } = part?.mappings ?? {};
    Object.assign(mappings, own, { properties: { ...mappings.properties, ...own.properties } });
    Object.assign(settings, part?.settings);
  }
  return { mappings, settings };
}

/** An index that is made by the template tells which one it was. */
const withDigest = (template: IndexTemplate, digest: string): IndexTemplate => ({
  ...template,
  template: { ...template.template, mappings: { ...template.template?.mappings, _meta: { digest } } },
});

export const digestOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22);

const metaOf = ({ _meta }: Written): Record<string, unknown> => _meta ?? {};

const stamped = <T extends ComponentTemplate>(template: T): T => ({
  ...template,
  _meta: { ...template._meta, digest: digestOf(template) },
});

function withReplicas(template: Written['template'], replicas: number | undefined): Written['template'] {
  if (replicas === undefined) return template;
  const { auto_expand_replicas: _, ...settings } = template.settings ?? {};
  const fixed: estypes.IndicesIndexSettings = { ...settings };
  Object.assign(fixed, { auto_expand_replicas: 'false', number_of_replicas: replicas });
  return { ...template, settings: fixed };
}

import type { z } from 'zod';
import { CONCERNS } from './config.js';
import type { SettingMeta } from './setting.js';

function defaultOf(setting: z.ZodType, meta: Partial<SettingMeta>): string {
  const { def } = setting as unknown as { def: { type: string; defaultValue?: string } };
  if (meta.otherwise) return meta.otherwise;
  if (def.type !== 'prefault') return '';
  return def.defaultValue === '' ? '(empty)' : `\`${def.defaultValue}\``;
}

/** Meta of a wrapped schema is on the wrapper only where it was set there, so both layers are read. */
function metaOf(setting: z.ZodType): Partial<SettingMeta> & { description?: string | undefined } {
  const { def } = setting as unknown as { def: { innerType?: z.ZodType } };
  return { ...(def.innerType ? metaOf(def.innerType) : {}), ...setting.meta() };
}

/** The page `docs/reference/configuration.md`. */
export function configurationReference(): string {
  const lines = [
    '# Configuration',
    '',
    'All settings are environment variables; an empty one counts as absent. A start with mistakes stops and names all of',
    'them. This page is generated from `platform/server/src/config`.',
  ];
  for (const { title, settings } of Object.values(CONCERNS)) {
    lines.push('', `## ${title}`, '', '| variable | notation | default | meaning |', '|---|---|---|---|');
    for (const [name, setting] of Object.entries(settings.shape)) {
      const meta = metaOf(setting);
      const cells = [
        `\`${name}\``,
        meta.notation ?? '',
        defaultOf(setting, meta),
        `${meta.description ?? ''}${meta.secret ? ' Secret.' : ''}`,
      ];
      lines.push(`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

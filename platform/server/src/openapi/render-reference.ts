import { escapeHtml } from '../http/pages/escape-html.js';
import type { OpenApiDocument, Operation, Parameter } from './openapi-types.js';

type Schema = Record<string, unknown>;

const code = (text: string): string => `<code>${escapeHtml(text)}</code>`;

/** Backticks become code; nothing else of Markdown is used in our descriptions. */
const prose = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');

const anchor = (text: string): string => text.replace(/\W+/g, '-');

/** The reference as one page without scripts: what a schema says is shown as it is written. */
export function renderReference(document: OpenApiDocument): string {
  const groups = byTag(document);
  const index = [...groups.keys()].map((tag) => `<li><a href="#${anchor(tag)}">${escapeHtml(tag)}</a></li>`).join('');
  const sections = [...groups].map(
    ([tag, operations]) => `<h2 id="${anchor(tag)}">${escapeHtml(tag)}</h2>${operations.join('')}`,
  );
  const schemas = Object.entries(document.components.schemas).sort(([a], [b]) => (a < b ? -1 : 1));
  const types = schemas.map(
    ([name, schema]) =>
      `<details id="schema-${anchor(name)}"><summary>${code(name)}</summary>${schemaBlock(schema)}</details>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API reference</title>
<link rel="stylesheet" href="/admin/page.css">
</head>
<body>
<header><h1>API reference</h1><p>${prose(document.info.description ?? '')}</p><p>As a document: <a href="/openapi.json">openapi.json</a></p></header>
<nav><ul>${index}<li><a href="#schemas">Schemas</a></li></ul></nav>
<main>${sections.join('\n')}<h2 id="schemas">Schemas</h2>${types.join('\n')}</main>
</body>
</html>
`;
}

function byTag({ paths }: OpenApiDocument): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  const aliases = aliasesIn(paths);
  for (const [path, operations] of Object.entries(paths))
    for (const [method, operation] of Object.entries(operations)) {
      if (operation['x-alias-of'] !== undefined) continue;
      const tag = operation.tags?.[0] ?? 'other';
      const rendered = renderOperation(method, path, operation, aliases.get(`${method} ${path}`) ?? []);
      groups.set(tag, [...(groups.get(tag) ?? []), rendered]);
    }
  return groups;
}

/** Other paths of an operation, by its method and path. */
function aliasesIn(paths: OpenApiDocument['paths']): Map<string, string[]> {
  const aliases = new Map<string, string[]>();
  for (const [path, operations] of Object.entries(paths))
    for (const [method, { 'x-alias-of': main }] of Object.entries(operations))
      if (main !== undefined) aliases.set(`${method} ${main}`, [...(aliases.get(`${method} ${main}`) ?? []), path]);
  return aliases;
}

function renderOperation(method: string, path: string, operation: Operation, aliases: readonly string[]): string {
  const parts = [
    `<summary><b>${method.toUpperCase()}</b> ${code(path)} <span>${prose(operation.summary ?? '')}</span></summary>`,
  ];
  if (aliases.length > 0) parts.push(`<p>Also as ${aliases.map(code).join(', ')}.</p>`);
  if (operation.description) parts.push(`<p>${prose(operation.description)}</p>`);
  if (operation.parameters?.length) parts.push(renderParameters(operation.parameters));
  const body = schemaOf(operation.requestBody);
  if (body) parts.push('<h4>Body</h4>', schemaBlock(body));
  for (const [status, response] of Object.entries(operation.responses)) {
    if (status === 'default') continue;
    const schema = schemaOf(response);
    const { description = '' } = response as { description?: string };
    parts.push(`<h4>${status}</h4><p>${prose(description)}</p>`, schema ? schemaBlock(schema) : '');
  }
  return `<details>${parts.join('')}</details>`;
}

function renderParameters(parameters: Parameter[]): string {
  const rows = parameters.map(
    ({ name, in: place, required, description }) =>
      `<tr><td>${code(name)}</td><td>${place}${required ? ', required' : ''}</td><td>${prose(description ?? '')}</td></tr>`,
  );
  return `<table><tbody>${rows.join('')}</tbody></table>`;
}

function schemaOf(holder: unknown): Schema | undefined {
  const { content } = (holder ?? {}) as { content?: Record<string, { schema?: Schema }> };
  return Object.values(content ?? {})[0]?.schema;
}

/** The schema as JSON, its references as links. */
function schemaBlock(schema: unknown): string {
  const text = escapeHtml(JSON.stringify(schema, null, 2));
  const linked = text.replace(
    /#\/components\/schemas\/([\w.-]+)/g,
    (_, name: string) => `<a href="#schema-${anchor(name)}">${name}</a>`,
  );
  return `<pre>${linked}</pre>`;
}

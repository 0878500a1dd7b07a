import { Output, type Template, TypeGuards } from 'liquidjs';
import { textOf } from './liquid-text.js';

/** Renders by reading values and joining texts. */
export type StraightRender = (scope: object) => string;

type Piece = string | ((scope: object) => string);

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' };
const TO_ESCAPE = /[&<>"']/;
const EVERY_TO_ESCAPE = /[&<>"']/g;
/** Properties that Liquid computes instead of reading. */
const COMPUTED = new Set(['size', 'first', 'last']);

/**
 * Most templates of messages are text with `{{ profile.traits.firstName }}` and `{{ … | default: "there" }}` in it. Those need no
 * interpreter: read by hand they give the same and take a tenth of the time, which is most of a campaign's. Undefined for a template
 * with anything else in it.
 */
export function straighten(templates: readonly Template[], escapes: boolean): StraightRender | undefined {
  const pieces: Piece[] = [];
  for (const template of templates) {
    const piece = template instanceof Output ? pieceOf(template, escapes) : textIn(template);
    if (piece === undefined) return undefined;
    pieces.push(piece);
  }
  return (scope) => {
    let text = '';
    for (const piece of pieces) text += typeof piece === 'string' ? piece : piece(scope);
    return text;
  };
}

/** The engine's nodes of plain text have nothing but their token and the text. */
function textIn(template: Template): string | undefined {
  const { str } = template as Template & { str?: unknown };
  return typeof str === 'string' && Object.keys(template).length === 2 ? str : undefined;
}

function pieceOf({ value }: Output, escapes: boolean): Piece | undefined {
  const path = pathOf(value.initial.postfix);
  if (!path) return undefined;
  const filters = [...value.filters];
  // With escaping on, the engine itself adds the filter for it, unless the last one is `raw`.
  const isRaw = filters.at(-1)?.name === 'raw';
  if (escapes || isRaw) filters.pop();
  if (filters.length > 1) return undefined;
  const [filter] = filters;
  let fallback: string | undefined;
  if (filter) {
    const [argument, ...more] = filter.args;
    if (filter.name !== 'default' || more.length > 0 || !argument || Array.isArray(argument)) return undefined;
    if (!TypeGuards.isQuotedToken(argument)) return undefined;
    fallback = argument.content;
  }
  const read = readerOf(path, fallback);
  return escapes && !isRaw ? (scope) => escapeHtml(read(scope)) : read;
}

function pathOf(postfix: Output['value']['initial']['postfix']): string[] | undefined {
  const [token, ...more] = postfix;
  if (!token || more.length > 0 || !TypeGuards.isPropertyAccessToken(token) || token.variable) return undefined;
  const path: string[] = [];
  for (const part of token.props) {
    if (!TypeGuards.isWordToken(part) || COMPUTED.has(part.content)) return undefined;
    path.push(part.content);
  }
  return path;
}

function readerOf(path: readonly string[], fallback: string | undefined): (scope: object) => string {
  return (scope) => {
    let value: unknown = scope;
    for (const name of path) {
      if (value === undefined || value === null) break;
      value = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    }
    return fallback !== undefined && isBlank(value) ? fallback : textOf(value);
  };
}

/** What the filter `default` replaces. */
const isBlank = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  ((typeof value === 'string' || Array.isArray(value)) && value.length === 0);

const escapeHtml = (text: string): string =>
  TO_ESCAPE.test(text) ? text.replace(EVERY_TO_ESCAPE, (character) => ESCAPES[character] as string) : text;

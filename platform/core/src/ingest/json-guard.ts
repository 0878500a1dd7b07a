import { CdpError, type Json } from '../kernel/index.js';

/** Levels of `{` and `[` a body may have. Deeper than any real event, far less than a recursive walk can stand. */
export const MAX_DEPTH = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Reads JSON that a stranger sent: bounded in depth, free of `__proto__` keys and NUL characters, whatever the parser would allow. */
export function parseBody(body: Buffer): unknown {
  refuseDepth(body);
  const text = body.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CdpError('invalid', 'The body is not JSON.', {
      errors: [{ path: '', message: 'Send one JSON object in UTF-8.' }],
    });
  }
  // Both are rare, and a search of the text is much cheaper than a walk over every value.
  if (text.includes('__proto__') || text.includes('\\u00') || text.includes('\u0000')) cleanse(value as Json);
  return value;
}

/** @throws CdpError `invalid` when the JSON is nested deeper than {@link MAX_DEPTH} levels; says nothing of its form else. */
export function refuseDepth(body: Buffer): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] as number;
    if (quoted) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    // `[` and `{` differ in one bit from `]` and `}` of their pairs: 0x5b, 0x7b open, 0x5d, 0x7d close.
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > MAX_DEPTH)
        throw new CdpError('invalid', `The body is nested deeper than ${MAX_DEPTH} levels.`, {
          errors: [{ path: '', message: `Nest at most ${MAX_DEPTH} levels.` }],
        });
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
}

function cleanse(value: Json): void {
  if (typeof value !== 'object' || value === null) return;
  const holder = value as Record<string, Json>;
  for (const key of Object.keys(holder)) {
    const inner = holder[key];
    if (key === '__proto__' || key.includes('\u0000')) {
      delete holder[key];
      continue;
    }
    if (typeof inner === 'string') {
      if (inner.includes('\u0000')) holder[key] = inner.replaceAll('\u0000', '');
    } else cleanse(inner as Json);
  }
}

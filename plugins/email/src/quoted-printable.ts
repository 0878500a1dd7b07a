const HEX = Buffer.from('0123456789ABCDEF');
const CR = 13;
const LF = 10;
const SPACE = 32;
const TAB = 9;
const EQUALS = 61;
/** A line holds 76 characters, the last of which may be the `=` of a soft break. */
const WIDTH = 75;

/**
 * Quoted-printable (RFC 2045, section 6.7) in one pass over the bytes. Every kind of line end becomes CRLF. A dot at the start of a
 * line is left alone: SMTP stuffs it.
 */
export function encodeQuotedPrintable(text: string): Buffer {
  const bytes = Buffer.from(text);
  // Each byte becomes three at the most, and each 25 encoded bytes bring a soft break of three.
  const out = Buffer.allocUnsafe(bytes.length * 3 + Math.ceil(bytes.length / 20) * 3 + 3);
  let at = 0;
  let column = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte === CR || byte === LF) {
      if (byte === CR && bytes[i + 1] === LF) i++;
      out[at++] = CR;
      out[at++] = LF;
      column = 0;
      continue;
    }
    const next = bytes[i + 1];
    const endsLine = next === undefined || next === CR || next === LF;
    const literal = (byte > SPACE && byte < 127 && byte !== EQUALS) || ((byte === SPACE || byte === TAB) && !endsLine);
    const width = literal ? 1 : 3;
    if (column + width > WIDTH) {
      out[at++] = EQUALS;
      out[at++] = CR;
      out[at++] = LF;
      column = 0;
    }
    if (literal) out[at++] = byte;
    else {
      out[at++] = EQUALS;
      out[at++] = HEX[byte >> 4] as number;
      out[at++] = HEX[byte & 15] as number;
    }
    column += width;
  }
  return out.subarray(0, at);
}

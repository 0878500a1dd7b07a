const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UUID_MARK = 255;

/** Short texts one after another, in as few bytes as may be: a UUID takes 17, another text its bytes and one more. */
export function packTexts(texts: readonly string[]): Buffer {
  const parts: Buffer[] = [];
  for (const text of texts) {
    if (UUID.test(text)) parts.push(Buffer.from([UUID_MARK]), Buffer.from(text.replaceAll('-', ''), 'hex'));
    else {
      const bytes = Buffer.from(text);
      if (bytes.length >= UUID_MARK) throw new Error('A text in a link token has at most 254 bytes.');
      parts.push(Buffer.from([bytes.length]), bytes);
    }
  }
  return Buffer.concat(parts);
}

/** Reads `count` texts; undefined when the bytes end before. */
export function unpackTexts(bytes: Buffer, from: number, count: number): { texts: string[]; end: number } | undefined {
  const texts: string[] = [];
  let at = from;
  for (let i = 0; i < count; i++) {
    const mark = bytes[at++];
    if (mark === undefined) return undefined;
    const length = mark === UUID_MARK ? 16 : mark;
    if (at + length > bytes.length) return undefined;
    texts.push(mark === UUID_MARK ? uuidOf(bytes, at) : bytes.toString('utf8', at, at + length));
    at += length;
  }
  return { texts, end: at };
}

function uuidOf(bytes: Buffer, at: number): string {
  const hex = bytes.toString('hex', at, at + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

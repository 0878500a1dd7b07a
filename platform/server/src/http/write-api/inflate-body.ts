import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib';
import { CdpError } from '@cdp/core/kernel';

const inflaters = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  zlib: promisify(inflate),
  raw: promisify(inflateRaw),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

/** What calls itself `deflate` comes with a zlib header (RFC 9110) or, from some clients, without. */
const isZlib = (body: Buffer): boolean => {
  const [first = 0, second = 0] = body;
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
};

/** Undoes the `Content-Encoding`; memory is bounded by `limit` however far the body would inflate. */
export async function inflateBody(body: Buffer, encoding: string, limit: number): Promise<Buffer> {
  const named = encoding.trim().toLowerCase();
  if (named === 'identity' || named === '') return body;
  const method = named === 'deflate' ? (isZlib(body) ? 'zlib' : 'raw') : named;
  // Own names alone: a header may say `constructor`.
  const inflater = Object.hasOwn(inflaters, method) ? inflaters[method as keyof typeof inflaters] : undefined;
  if (!inflater || named === 'raw' || named === 'zlib')
    throw new CdpError(
      'invalid',
      `Content-Encoding ${JSON.stringify(named.slice(0, 40))} is not known; send gzip, deflate, br or zstd.`,
    );
  try {
    return await inflater(body, { maxOutputLength: limit });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE')
      throw new CdpError('too_large', `The body inflates to more than ${limit} bytes; send smaller batches.`);
    throw new CdpError('invalid', `The body is not whole ${named} data; was it cut off on the way?`);
  }
}
